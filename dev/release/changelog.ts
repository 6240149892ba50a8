/** What CHANGELOG.md says of a version, without its heading; undefined when it has no such section. */
export function sectionOf(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  // A heading may go on with the date.
  const found = sections.find(section => section.split('\n', 1)[0]!.split(' ', 1)[0] === version);
  return found?.slice(found.indexOf('\n')).trim();
}
