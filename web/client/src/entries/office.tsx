/** Entry of /van-phong: the council's work between sittings. */
import { OfficePage } from "../views/office/page";
import { boot } from "./boot";
import "../styles/font.css";

boot(<OfficePage />, "noto");
