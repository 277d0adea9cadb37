import type { PushEvent } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import {
  type DeliveryReceipt,
  evidenceOf,
  identifier,
  type RepositoryPayload,
  readPayload,
  repositoryPayload,
  repositoryRefOf,
  sha,
} from './fields.ts'

type FilePaths = readonly string[]
type PushPayload = RepositoryPayload &
  Pick<PushEvent, 'ref' | 'after' | 'forced' | 'created' | 'deleted'> & {
    /** Null when GitHub lists none. */
    commits: readonly { added: FilePaths; removed: FilePaths; modified: FilePaths }[] | null
  }

const CONFIGURATION_PATH = '.github/andon.yml'
const WORKFLOWS_FOLDER = '.github/workflows/'
// GitHub lists at most 2,048 commits of one push (https://docs.github.com/en/webhooks/webhook-events-and-payloads#push), and
// earlier versions 20.
const MAX_LISTED_COMMITS = 20

const flag = z.boolean().catch(false)
const paths = z.array(z.string()).catch([])
const schema: z.ZodType<PushPayload> = repositoryPayload.extend({
  ref: identifier,
  after: sha,
  forced: flag,
  created: flag,
  deleted: flag,
  commits: z
    .array(z.object({ added: paths, removed: paths, modified: paths }))
    .nullish()
    .transform((commits) => commits ?? null),
})

/** Translated only if the push may have changed the configuration or a workflow, which are then read from GitHub. */
export function translatePush(_action: string, payload: unknown, receipt: DeliveryReceipt): Event | null {
  const port = readPayload(schema, payload)
  const { default_branch: branch } = port.repository
  if (branch === null || port.ref !== `refs/heads/${branch}` || port.deleted) return null
  const paths = pushedPaths(port)
  if (paths?.length === 0) return null
  // Authors choose the times of their commits, which may be years old.
  const at = receipt.receivedAt
  const base = { at, evidence: evidenceOf(receipt, at), repository: repositoryRefOf(port) }
  return { type: 'configuration.pushed', ...base, headSha: port.after, paths }
}

/** The pushed files of the line; null when others may have been pushed as well. */
function pushedPaths({ forced, created, commits }: PushPayload): readonly string[] | null {
  // GitHub lists neither the commits that a forced push removed nor those beyond its limit.
  if (forced || created || commits === null || commits.length >= MAX_LISTED_COMMITS) return null
  const paths = commits.flatMap(({ added, removed, modified }) => [...added, ...removed, ...modified])
  return [...new Set(paths)].filter((path) => path === CONFIGURATION_PATH || path.startsWith(WORKFLOWS_FOLDER)).sort()
}
