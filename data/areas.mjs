// The areas of responsibility as one shape an office: writes areas.csv, which programs/secure_communities ships.
//
//   npm install us-atlas@3.0.1 topojson-client@3.1.0 topojson-simplify@3.0.3
//   node areas.mjs ice-areas-of-responsibility.csv > areas.csv
//
// us-atlas: the counties of the U.S. Census Bureau (public domain), projected to Albers with Alaska and Hawaii as insets.
// The other file, of github.com/deportationdata/ice-offices, says which States and counties an office answers for.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { mergeArcs, feature } from "topojson-client";
import { presimplify, simplify } from "topojson-simplify";

const SMALLEST = 3; // square pixels of 975 by 610: a corner that bends by less is straightened, a smaller island left out
const CODES = {
  Atlanta: "ATL", Baltimore: "BAL", Boston: "BOS", Buffalo: "BUF", Chicago: "CHI", Dallas: "DAL", Denver: "DEN",
  Detroit: "DET", "El Paso": "ELP", Houston: "HOU", "Los Angeles": "LOS", Miami: "MIA", Newark: "NEW",
  "New Orleans": "NOL", "New York City": "NYC", Philadelphia: "PHI", Phoenix: "PHO", "San Francisco": "SFR",
  "Salt Lake City": "SLC", "San Antonio": "SNA", "San Diego": "SND", Seattle: "SEA", "St Paul": "SPM", Washington: "WAS",
  Harlingen: "SNA", // an office of its own since 2020
};
const LABELS = { // where a name stands that has no room in its area, or would not lie in the middle of it
  BAL: [908, 302], BOS: [946, 196], DET: [722, 258], HOU: [524, 484], LOS: [-82, 381], NEW: [928, 253], NYC: [938, 228],
  PHI: [918, 278], SFR: [72, 272], SLC: [208, 176], SNA: [430, 520], SND: [-66, 410], WAS: [893, 328],
};

const atlas = JSON.parse(readFileSync(createRequire(import.meta.url).resolve("us-atlas/counties-albers-10m.json")));
const states = new Map(atlas.objects.states.geometries.map((state) => [state.id, state.properties.name]));
const rows = readFileSync(process.argv[2], "utf8").trim().split("\n").slice(1);
const office = new Map();
for (const row of rows) {
  const [name, state, county] = [...row.matchAll(/"([^"]*)"/g)].map((cell) => cell[1].trim());
  if (!CODES[name]) throw new Error(`no code for the office ${name}`);
  office.set(`${state}|${county}`, CODES[name]);
}
const used = new Set();
const areas = new Map();
for (const county of atlas.objects.counties.geometries) {
  const state = states.get(county.id.slice(0, 2));
  const key = [`${state}|${county.properties.name}`, `${state}|`].find((key) => office.has(key));
  if (!key) throw new Error(`no office for ${county.properties.name}, ${state}`);
  used.add(key);
  areas.set(office.get(key), [...(areas.get(office.get(key)) ?? []), county]);
}
for (const key of office.keys()) if (!used.has(key)) console.error(`not on the map: ${key}`);

const area = (ring) => ring.reduce((sum, [x, y], i) => sum + x * ring.at(i - 1)[1] - ring.at(i - 1)[0] * y, 0) / 2;
const middle = (ring) => {
  const weighed = ring.map(([x, y], i) => [ring.at(i - 1), [x, y]]).map(([[a, b], [x, y]]) => [a * y - x * b, a + x, b + y]);
  const whole = weighed.reduce((sum, [weight]) => sum + weight, 0) * 3;
  return [1, 2].map((axis) => Math.round(weighed.reduce((sum, one) => sum + one[0] * one[axis], 0) / whole));
};
const objects = {};
for (const [code, counties] of areas) objects[code] = mergeArcs(atlas, counties);
const simple = simplify(presimplify({ ...atlas, objects }), SMALLEST);
console.log("code,middle_x,middle_y,label_x,label_y,outline");
for (const code of [...areas.keys()].sort()) {
  const { type, coordinates } = feature(simple, simple.objects[code]).geometry;
  const rings = (type === "Polygon" ? [coordinates] : coordinates).flat();
  const kept = rings.filter((ring) => Math.abs(area(ring)) >= SMALLEST).sort((a, b) => Math.abs(area(b)) - Math.abs(area(a)));
  const at = middle(kept[0]);
  const outline = kept.map((ring) => ring.slice(1).map((point) => point.map((n) => n.toFixed(1)).join(" ")).join(" "));
  console.log([code, ...at, ...(LABELS[code] ?? at), outline.join("|")].join(","));
}
