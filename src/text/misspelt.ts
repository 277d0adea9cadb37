import { nearest } from './nearest.ts'

/** In a shorter name, two edits make another word: HOME and PGHOST are not HOST. */
const MIN_LENGTH = 8

/** Pairs each name that is probably a typo of a wanted name with that one. */
export function findMisspelt(
  names: readonly string[],
  wanted: readonly string[],
): readonly { readonly name: string; readonly right: string }[] {
  const long = wanted.filter(({ length }) => length >= MIN_LENGTH)
  return names.flatMap((name) => {
    const [right] = nearest(name, long)
    return right === undefined || right === name ? [] : [{ name, right }]
  })
}
