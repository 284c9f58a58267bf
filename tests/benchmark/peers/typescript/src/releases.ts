// Known problems of a practice's Bp release (`advisories.json`).

import known from "../../../../../shared/best-practice/data/advisories.json";
import table from "../../../../../shared/best-practice/data/releases.json";

const releases = table.releases.map((name) => name.toLowerCase());
type Range = { from?: string; before?: string };

/** The advisories for a site's Bp release. Of a release that is not certain there is none. */
export function advisories(concern: string, site: { pmsVersion?: string | null }): object[] {
  const release = rank(site.pmsVersion ?? "");
  // No advisory about records depends on anything else than the release.
  const concerned = known.advisories.filter(
    (one) => one.concerns.includes(concern) && "bp" in one && release >= 0 && isWithin(release, one.bp),
  );
  return concerned.map(({ id, title, detail, steps, contact, source }) => ({
    id,
    title,
    detail,
    steps,
    ...(contact && { contact }),
    source,
  }));
}

/** The place of a release in the list of releases, or -1. */
function rank(version: string): number {
  const words = version.toLowerCase().split(/\s+/).filter(Boolean);
  while (["best", "practice", "bp", "premier"].includes(words[0] ?? "")) words.shift();
  while (/^(revision|rev|build|version|\d.*)$/.test(words.at(-1) ?? "")) words.pop();
  return releases.indexOf(words.join(" "));
}

function isWithin(release: number, { from, before }: Range): boolean {
  const isLater = from === undefined || release >= releases.indexOf(from.toLowerCase());
  return isLater && (before === undefined || release < releases.indexOf(before.toLowerCase()));
}
