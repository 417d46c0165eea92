import { DisplayPage } from "../views/display/page";
import { boot } from "./boot";
import "../styles/font.css";

boot(<DisplayPage />, "noto");
