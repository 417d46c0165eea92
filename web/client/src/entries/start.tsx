/** Entry of /: anybody may come here, so it uses the system's font. */
import { StartPage } from "../views/office/start";
import { boot } from "./boot";

boot(<StartPage />, "system");
