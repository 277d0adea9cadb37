// What is wrong in a repository's `.github/andon.yml`, told the same on the board and on the commit that brought it.
import { plain } from './sanitize.ts'

/** A file with mistakes, and what holds instead. Its own words come from parsing, its names from whoever wrote it. */
export type Mistaken = {
  readonly repository: string
  readonly source: 'repository' | 'organisation' | null
  /** The commit that the text was first read at. */
  readonly headSha: string | null
  /** A good version is in force; without one Andon only watches. */
  readonly configured: boolean
  /** The commit that the good version was first read at. */
  readonly goodSha: string | null
  readonly mistakes: readonly Mistake[]
}

export type Mistake = {
  readonly line: number
  readonly column: number
  /** A dotted path; empty for the file itself. */
  readonly field: string
  /** One sentence; names and values stand in backticks. */
  readonly message: string
}

/** A mistaken file as it is told to people. */
export type Notice = {
  readonly repository: string
  readonly file: Linked
  /** Whose file it is, when it is not the repository's own. */
  readonly of: string | null
  readonly count: string
  readonly mistakes: readonly Told[]
  /** Follows "In force: ". */
  readonly inForce: Linked
}

/** Words of ours, and where they lead. */
export type Linked = { readonly words: string; readonly url: string | null }

export type Told = {
  readonly place: Linked
  /** The field that the sentence does not name itself. */
  readonly field: string | null
  readonly pieces: readonly Piece[]
}

/** A part of a sentence. */
export type Piece = { readonly text: string; readonly code: boolean }

export const FILE = '.github/andon.yml'
const LONGEST_SENTENCE = 400

/** The file, its mistakes and what holds instead, each with its place on GitHub. */
export function notice(mistaken: Mistaken, githubUrl: string): Notice {
  const { repository, source, mistakes } = mistaken
  const url = fileUrl(mistaken, githubUrl)
  return {
    repository,
    file: { words: FILE, url },
    of: source === 'organisation' ? shared(repository) : null,
    count: mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`,
    mistakes: mistakes.map(({ line, field, message }) => ({
      place: { words: `line ${line}`, url: `${url}#L${line}` },
      field: field === '' || message.includes(`\`${field}\``) ? null : plain(field),
      pieces: pieces(plain(message, LONGEST_SENTENCE)),
    })),
    inForce: inForce(mistaken, githubUrl),
  }
}

/** A sentence in its parts: what stands in backticks, and what does not. */
export function pieces(message: string): readonly Piece[] {
  const parts = message.split('`')
  // A backtick without its partner is a backtick.
  if (parts.length % 2 === 0) return [{ text: message, code: false }]
  return parts.map((text, index) => ({ text, code: index % 2 === 1 })).filter(({ text }) => text !== '')
}

function inForce({ repository, configured, goodSha }: Mistaken, githubUrl: string): Linked {
  if (!configured) return { words: 'nothing yet, so Andon only watches', url: null }
  if (goodSha === null) return { words: 'the last good version', url: null }
  return { words: `the last good version, of ${short(goodSha)}`, url: `${githubUrl}/${repository}/commit/${goodSha}` }
}

function fileUrl({ repository, source, headSha }: Mistaken, githubUrl: string): string {
  // Of an organisation's file we are told what it says, not which commit says so.
  if (source === 'organisation') return `${githubUrl}/${shared(repository)}/blob/HEAD/${FILE}`
  return `${githubUrl}/${repository}/blob/${headSha ?? 'HEAD'}/${FILE}`
}

/** The repository in which an organisation keeps what all of its repositories share. */
function shared(repository: string): string {
  return `${repository.split('/')[0]}/.github`
}

function short(sha: string): string {
  return sha.replace(/[^\da-f]/g, '').slice(0, 7)
}
