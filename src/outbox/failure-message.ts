import type { GitHubFailure } from '../github/failure.ts'

const LONGEST = 200

/** GitHub's own words about what failed, without the address of its documentation. */
export function wordsOf({ message }: GitHubFailure): string {
  const words = message
    .replace(/ - https:\/\/docs\.github\.com\S*$/, '')
    .replace(/\s+/g, ' ')
    .trim()
  return words.length > LONGEST ? `${words.slice(0, LONGEST).toWellFormed()}…` : words
}
