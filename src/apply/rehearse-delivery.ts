// Would the next delivery be committed? A labelled issue and its run in a repository that does not exist are applied as the door
// applies any other, in all the tables that they change, and rolled back.
import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { EventOf } from '../pipeline/model/events.ts'
import type { IssueFact, RunFact } from '../pipeline/model/facts.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { ApplyRequest } from './apply-request.ts'
import { type CommitContext, commitGroup } from './commit-group.ts'

/** More than fits into what is left of a page: the disk must have room for it. */
const TITLE_BYTES = 24 * 1024

/** Why not, in the words of the database; null when it would. */
export async function rehearseDelivery(o: CommitContext): Promise<string | null> {
  const outcomes = await commitGroup({ ...o, isRehearsal: true }, deliveriesFromNowhere(o.now()))
  const failure = outcomes.find((outcome) => outcome instanceof Error)
  return failure === undefined ? null : failure.message
}

/** Their ids are negative, which none of GitHub's is, and new, so that rehearsals of several processes do not wait for each other. */
function deliveriesFromNowhere(at: Instant): readonly ApplyRequest[] {
  const id = -randomInt(1, 2 ** 47)
  const evidence = { kind: 'delivery', id: 'rehearsal', at } as const
  const repository = { id, fullName: `rehearsal/${-id}`, private: true, defaultBranch: null, installationId: id }
  const title = randomBytes(TITLE_BYTES).toString('base64')
  const issue: IssueFact = {
    ...{ number: 1, title, url: null, author: null, assignees: [], stateReason: null, closedAt: null },
    ...{ state: 'open', updatedAt: at, evidence },
  }
  const labeled: EventOf<'issue.labeled'> = {
    ...{ type: 'issue.labeled', at, evidence, repository, issue },
    ...{ label: 'andon', sender: 'rehearsal' },
  }
  const run: RunFact = {
    ...{
      id,
      runAttempt: 1,
      workflow: 'plan.yml',
      title: 'andon 1/plan/1-rehearsal',
      event: 'workflow_dispatch',
      actor: null,
    },
    ...{ status: 'in_progress', conclusion: null, branch: null, headSha: '', url: '', jobs: [] },
    ...{ startedAt: at, updatedAt: at, evidence },
  }
  return [
    deliveryOf('issues', labeled),
    deliveryOf('workflow_run', { type: 'run.changed', at, evidence, repository, run }),
  ]
}

function deliveryOf(name: string, event: EventOf<'issue.labeled' | 'run.changed'>): ApplyRequest {
  const { id, installationId } = event.repository
  const envelope = { hookId: id, guid: randomUUID(), name, action: null, installationId, repositoryId: id }
  return { delivery: { ...envelope, receivedAt: event.at, body: Buffer.alloc(0) }, event }
}
