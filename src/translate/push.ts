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
    /** Null when GitHub lists none. */
    commits: readonly { added: FilePaths; removed: FilePaths; modified: FilePaths }[] | null
  }

const CONFIGURATION_PATH = '.github/andon.yml'
// GitHub lists at most this many commits of one push
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

/** Translated only if the push may have changed the configuration, which is then read from GitHub. */
export function translatePush(_action: string, payload: unknown, receipt: DeliveryReceipt): Event | null {
  const port = readPayload(schema, payload)
  const { default_branch: branch } = port.repository
  if (branch === null || port.ref !== `refs/heads/${branch}` || port.deleted || !mayChangeConfiguration(port))
    return null
  // Authors choose the times of their commits, which may be years old.
  const at = receipt.receivedAt
  return { type: 'configuration.pushed', at, evidence: evidenceOf(receipt, at), repository: repositoryRefOf(port) }
}

function mayChangeConfiguration({ forced, created, commits }: PushPayload): boolean {
  // GitHub lists neither the commits that a forced push removed nor those beyond its limit.
  if (forced || created || commits === null || commits.length >= MAX_LISTED_COMMITS) return true
  return commits.some(({ added, removed, modified }) =>
    [added, removed, modified].some((files) => files.includes(CONFIGURATION_PATH)),
  )
}
