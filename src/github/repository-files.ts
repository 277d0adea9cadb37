// Text files at the head of a repository's default branch. They are only read.

import { asNumber, asString, expectObject, expectPresent, type JsonObject, unreadable } from './answer.ts'
import { GitHubFailure, nullIfNotFound } from './failure.ts'
import type { Queries } from './queries.ts'
import type { RepositoryAccess, SendRequest } from './request.ts'

/** The present `.github/andon.yml`: the repository's own, else its organisation's, else none. */
export type ConfigurationFile = {
  readonly text: string | null
  /** The blob's SHA, not a commit's. */
  readonly sha: string | null
  readonly source: 'repository' | 'organisation' | null
  /** The head of the default branch when the file was read; null in a repository without a commit. */
  readonly headSha: string | null
}

export type RepositoryFiles = {
  /** `organisation` is the owner's repository `.github`; null when `access` is that repository. */
  readConfiguration(access: RepositoryAccess, organisation: RepositoryAccess | null): Promise<ConfigurationFile>
  /** The workflow file on the default branch, where GitHub dispatches it from; null when there is none. */
  readWorkflow(access: RepositoryAccess, workflow: string): Promise<string | null>
}

export function openRepositoryFiles(
  call: SendRequest,
  queries: Pick<Queries, 'readDefaultBranchSha'>,
): RepositoryFiles {
  async function readFile(access: RepositoryAccess, path: string, ref: string | null): Promise<FileContent | null> {
    const parameters = ref === null ? { path } : { path, ref }
    try {
      const { body } = await call(access, 'read', 'GET /repos/{owner}/{repo}/contents/{path}', parameters)
      // GitHub answers with a list for a directory; a submodule or a link that leads nowhere is no file either.
      const file = expectObject(body, 'the file')
      if (file.type !== 'file') throw unreadable(`${path} is not a file`)
      return { text: decodeContent(file), sha: expectPresent(asString(file.sha), 'sha') }
    } catch (failure) {
      return nullIfNotFound(failure)
    }
  }

  return {
    async readConfiguration(access, organisation) {
      // The head first, then the file at that commit: a push in between must not mix two versions.
      const headSha = await queries.readDefaultBranchSha(access)
      const own = headSha === null ? null : await readFile(access, CONFIGURATION_PATH, headSha)
      if (own !== null) return { ...own, source: 'repository', headSha }
      const theirs = organisation && (await readFile(organisation, CONFIGURATION_PATH, null).catch(nullIfRefused))
      if (theirs !== null) return { ...theirs, source: 'organisation', headSha }
      return { text: null, sha: null, source: null, headSha }
    },

    async readWorkflow(access, workflow) {
      return (await readFile(access, `.github/workflows/${workflow}`, null))?.text ?? null
    },
  }
}

type FileContent = { readonly text: string; readonly sha: string }

const CONFIGURATION_PATH = '.github/andon.yml'
/** More than a configuration may have, so that the parser reports a file that is too large. */
const MAX_FILE_LENGTH = 100_000
const MAX_SENT_SIZE = 1_000_000

function decodeContent(file: JsonObject): string {
  const size = expectPresent(asNumber(file.size), 'size')
  // GitHub leaves out the content of larger files.
  if (file.encoding === 'none' && size > MAX_SENT_SIZE) return ' '.repeat(MAX_FILE_LENGTH)
  const content = expectPresent(asString(file.content), 'content')
  const bytes = Buffer.from(content, 'base64')
  // Buffer.from() skips what is not base64 and takes a part for the whole.
  if (file.encoding !== 'base64' || bytes.length !== size) throw unreadable('the content is not that of the file')
  return bytes.toString('utf8').slice(0, MAX_FILE_LENGTH)
}

/** An organisation's `.github` that Andon may not read counts as none; a refusal of everything answers nothing. */
function nullIfRefused(failure: unknown): null {
  if (failure instanceof GitHubFailure && isRefusedThere(failure.access?.cause)) return null
  throw failure
}

function isRefusedThere(cause: string | undefined): boolean {
  return cause === 'not-installed' || cause === 'permission' || cause === 'other'
}
