import type { PushEvent } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import { evidence, type Here, here, name, type Receipt, read, repositoryRef } from './fields.ts'

type Paths = readonly string[]
type PushPort = Here &
  Pick<PushEvent, 'ref' | 'forced' | 'created' | 'deleted'> & {
    /** Null when they are not listed. */
    commits: readonly { added: Paths; removed: Paths; modified: Paths }[] | null
  }

const FILE = '.github/andon.yml'
// GitHub lists no more commits of one push than this
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads#push).
const MOST_COMMITS = 2048

const flag = z.boolean().catch(false)
const paths = z.array(z.string()).catch([])
const schema: z.ZodType<PushPort> = here.extend({
  ref: name,
  forced: flag,
  created: flag,
  deleted: flag,
  commits: z
    .array(z.object({ added: paths, removed: paths, modified: paths }))
    .nullish()
    .transform((commits) => commits ?? null),
})

/** Only whether the repository's file may have changed is of interest: what it says now is asked of GitHub. */
export function translatePush(_action: string, payload: unknown, receipt: Receipt): Event | null {
  const port = read(schema, payload)
  const { default_branch: branch } = port.repository
  if (branch === null || port.ref !== `refs/heads/${branch}` || port.deleted || !mayTouch(port)) return null
  // The commits' own times are their authors' to choose, and may be years old.
  const at = receipt.receivedAt
  return { type: 'configuration.touched', at, evidence: evidence(receipt, at), repository: repositoryRef(port) }
}

function mayTouch({ forced, created, commits }: PushPort): boolean {
  // What a rewritten history took away is listed nowhere, nor is what did not fit into the list.
  if (forced || created || commits === null || commits.length >= MOST_COMMITS) return true
  return commits.some(({ added, removed, modified }) =>
    [added, removed, modified].some((files) => files.includes(FILE)),
  )
}
