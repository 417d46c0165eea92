/** Each lucide icon file holds its SVG children as [tag, attributes] pairs (ISC licence). */
declare module "lucide/dist/esm/icons/*.mjs" {
  const node: [string, Record<string, string | number>][];
  export default node;
}
