/**
 * The columns of a whole row, by name. Reading all there are would also read those that a newer version has added, and an old process that
 * writes the row again would write them too, in its own way.
 */
export function allColumns<Row>(columns: Readonly<Record<keyof Row & string, true>>): (keyof Row & string)[] {
  return Object.keys(columns) as (keyof Row & string)[]
}
