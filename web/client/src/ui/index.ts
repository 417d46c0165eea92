/** The kit every page is built from; web/client/README.md lists the components and their rules. */
export * from "./button";
export * from "./card";
export * from "./chip";
export * from "./clock";
export * from "./dialog";
export * from "./field";
export * from "./icons";
export * from "./live";
export * from "./net";
export * from "./settings";
export * from "./toast";
