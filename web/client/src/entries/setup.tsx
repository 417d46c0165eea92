/** Entry of /cai-dat: the first administrator. */
import { SetupPage } from "../views/office/setup";
import { boot } from "./boot";
import "../styles/font.css";

boot(<SetupPage />, "noto");
