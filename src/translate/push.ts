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
} from './fields.ts'

type FilePaths = readonly string[]
type PushPayload = RepositoryPayload &
  Pick<PushEvent, 'ref' | 'forced' | 'created' | 'deleted'> & {
    /** Null when they are not listed. */
    commits: readonly { added: FilePaths; removed: FilePaths; modified: FilePaths }[] | null
  }

const CONFIGURATION_PATH = '.github/andon.yml'
// GitHub lists no more commits of one push than this
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads#push).
const MAX_LISTED_COMMITS = 2048

const flag = z.boolean().catch(false)
const paths = z.array(z.string()).catch([])
const schema: z.ZodType<PushPayload> = repositoryPayload.extend({
  ref: identifier,
  forced: flag,
  created: flag,
  deleted: flag,
  commits: z
    .array(z.object({ added: paths, removed: paths, modified: paths }))
    .nullish()
    .transform((commits) => commits ?? null),
})

/** Only whether the repository's file may have changed is of interest: what it says now is asked of GitHub. */
export function translatePush(_action: string, payload: unknown, receipt: DeliveryReceipt): Event | null {
  const port = readPayload(schema, payload)
  const { default_branch: branch } = port.repository
  if (branch === null || port.ref !== `refs/heads/${branch}` || port.deleted || !mayChangeConfiguration(port))
    return null
  // The commits' own times are their authors' to choose, and may be years old.
  const at = receipt.receivedAt
  return { type: 'configuration.pushed', at, evidence: evidenceOf(receipt, at), repository: repositoryRefOf(port) }
}

function mayChangeConfiguration({ forced, created, commits }: PushPayload): boolean {
  // What a rewritten history took away is listed nowhere, nor is what did not fit into the list.
  if (forced || created || commits === null || commits.length >= MAX_LISTED_COMMITS) return true
  return commits.some(({ added, removed, modified }) =>
    [added, removed, modified].some((files) => files.includes(CONFIGURATION_PATH)),
  )
}
