import { markup, type Content, type Markup } from './markup';

/**
 * A table with a caption whose first column heads its rows. On a phone each row becomes a block and a cell shows its
 * column's name; the roles say that it is a table still, which browsers forget when its display changes.
 */
export function labelledTable(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Content[])[],
): Markup {
  return markup`<table role="table">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(each => markup`<th role="columnheader" scope="col">${each}</th>`)}</tr></thead>
<tbody role="rowgroup">
${rows.map(([head, ...cells]) => {
  const others = cells.map(
    (cell, index) => markup`<td role="cell" data-column="${columns[index + 1]}"><span>${cell}</span></td>`,
  );
  return markup`<tr role="row"><th role="rowheader" scope="row">${head}</th>${others}</tr>
`;
})}</tbody>
</table>`;
}
