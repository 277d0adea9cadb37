// Would the next delivery be committed? One of a repository that does not exist is applied as the door applies any other, in all
// the tables that it changes, and rolled back.
import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { EventOf } from '../pipeline/model/events.ts'
import type { IssueFact } from '../pipeline/model/facts.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { ApplyRequest } from './apply-request.ts'
import { type CommitContext, commitGroup } from './commit-group.ts'

/** More than fits into what is left of a page: the disk must have room for it. */
const TITLE_BYTES = 24 * 1024

/** Why not, in the words of the database; null when it would. */
export async function rehearseDelivery(o: CommitContext): Promise<string | null> {
  const [outcome] = await commitGroup({ ...o, isRehearsal: true }, [deliveryFromNowhere(o.now())])
  return outcome instanceof Error ? outcome.message : null
}

/** Its ids are negative, which none of GitHub's is, and new, so that rehearsals of several processes do not wait for each other. */
function deliveryFromNowhere(at: Instant): ApplyRequest {
  const id = -randomInt(1, 2 ** 47)
  const guid = randomUUID()
  const evidence = { kind: 'delivery', id: guid, at } as const
  const repository = { id, fullName: `rehearsal/${-id}`, private: true, defaultBranch: null, installationId: id }
  const title = randomBytes(TITLE_BYTES).toString('base64')
  const issue: IssueFact = {
    ...{ number: 1, title, url: null, author: null, assignees: [], stateReason: null, closedAt: null },
    ...{ state: 'open', updatedAt: at, evidence },
  }
  const event: EventOf<'issue.labeled'> = {
    ...{ type: 'issue.labeled', at, evidence, repository, issue },
    ...{ label: 'andon', sender: 'rehearsal' },
  }
  const envelope = { hookId: id, guid, name: 'issues', action: 'labeled', installationId: id, repositoryId: id }
  return { delivery: { ...envelope, receivedAt: at, body: Buffer.alloc(0) }, event }
}
