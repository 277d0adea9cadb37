// Text files of a repository, read at the head of its default branch. Nothing is ever written there.

import { GitHubFailure } from './failure.ts'
import { fields, need, number, text } from './json.ts'
import type { Questions } from './queries.ts'
import type { Call, Where } from './request.ts'

/** `.github/andon.yml` as it stands: the repository's own, else its organisation's, else none. */
export type ConfigurationReading = {
  readonly text: string | null
  /** Of the file itself, not of a commit. */
  readonly sha: string | null
  readonly source: 'repository' | 'organisation' | null
  /** Where the default branch stood when it was read; null in a repository without a commit. */
  readonly headSha: string | null
}

export type Files = {
  /** `organisation` is the repository `.github` of the same owner; null when this is that one. */
  readConfiguration(where: Where, organisation: Where | null): Promise<ConfigurationReading>
  /** The text of a workflow on the default branch, from which GitHub dispatches; null when there is none. */
  readWorkflow(where: Where, workflow: string): Promise<string | null>
}

export function openFiles(call: Call, questions: Pick<Questions, 'readHead'>): Files {
  async function readFile(where: Where, path: string, ref: string | null): Promise<File | null> {
    const parameters = ref === null ? { path } : { path, ref }
    try {
      const { body } = await call(where, 'read', 'GET /repos/{owner}/{repo}/contents/{path}', parameters)
      const file = fields(body)
      // A list is a directory of that name.
      if (file === null || file.type !== 'file') return null
      return { text: contentOf(file), sha: need(text(file.sha), 'sha') }
    } catch (failure) {
      if (failure instanceof GitHubFailure && failure.kind === 'gone') return null
      throw failure
    }
  }

  return {
    async readConfiguration(where, organisation) {
      // The head first, and then the file as of that commit: a push in between must not tear the two apart.
      const headSha = await questions.readHead(where)
      const own = headSha === null ? null : await readFile(where, CONFIGURATION, headSha)
      if (own !== null) return { ...own, source: 'repository', headSha }
      const theirs = organisation && (await readFile(organisation, CONFIGURATION, null).catch(unseen))
      if (theirs !== null) return { ...theirs, source: 'organisation', headSha }
      return { text: null, sha: null, source: null, headSha }
    },

    async readWorkflow(where, workflow) {
      return (await readFile(where, `.github/workflows/${workflow}`, null))?.text ?? null
    },
  }
}

type File = { readonly text: string; readonly sha: string }

const CONFIGURATION = '.github/andon.yml'
/** More than any configuration may have, so that whoever parses it says that it is too large. */
const LARGEST = 100_000

function contentOf(file: Readonly<Record<string, unknown>>): string {
  // GitHub leaves out the content of files over 1 MB.
  if (file.encoding !== 'base64') return ' '.repeat(Math.min(number(file.size) ?? 0, LARGEST))
  return Buffer.from(need(text(file.content), 'content'), 'base64')
    .toString('utf8')
    .slice(0, LARGEST)
}

/** An organisation that keeps its `.github` to itself has none for us. */
function unseen(failure: unknown): null {
  if (failure instanceof GitHubFailure && failure.kind === 'refuse') return null
  throw failure
}
