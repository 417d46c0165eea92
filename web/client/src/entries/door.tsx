/** Entry of /h/{door}: light, for citizens; members' pages are loaded when the door knows them. */
import { DoorPage } from "../views/door/page";
import { boot } from "./boot";

boot(<DoorPage />, "system");
