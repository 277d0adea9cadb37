import type { GitHubFailure } from '../github/failure.ts'

const MAX_LENGTH = 200

/** GitHub's own words about what failed, without the address of its documentation. */
export function failureMessageOf({ message }: GitHubFailure): string {
  const text = message
    .replace(/ - https:\/\/docs\.github\.com\S*$/, '')
    .replace(/\s+/g, ' ')
    .trim()
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH).toWellFormed()}…` : text
}
