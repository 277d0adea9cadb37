// The last look before an attempt is sent. It is taken in the transaction that says `sending`, behind the locks under
// which cords are pulled: the repository's row, and the operator's for share. So nothing is sent after a hold's commit.
import { findAttemptByKey } from '../pipeline/admission.ts'
import { holdAffectingStage } from '../pipeline/holds/holds.ts'
import type { EventOf } from '../pipeline/model/events.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { ApplyRequest } from './apply-request.ts'
import type { UnitOfWork } from './unit-of-work.ts'

type DispatchResultEvent = EventOf<'dispatch.updated'>

/** The group, with everything that was about to be sent and is held handed back instead: due, and no try spent. */
export async function recheckHolds(
  ledger: UnitOfWork,
  group: readonly ApplyRequest[],
): Promise<readonly ApplyRequest[]> {
  const begun = group.flatMap((arrival) => dispatchIn(arrival) ?? [])
  if (begun.length === 0) return group
  await ledger.loadPipelines(begun.map(({ repository, issueNumber }) => ({ repositoryId: repository.id, issueNumber })))
  return await Promise.all(
    group.map(async (arrival) => {
      const event = dispatchIn(arrival)
      const hold = event && (await findHoldOn(ledger, event))
      return hold ? requeueDispatch(arrival, event, hold) : arrival
    }),
  )
}

function dispatchIn({ effect, event }: ApplyRequest): DispatchResultEvent | null {
  return effect?.state === 'sending' && event?.type === 'dispatch.updated' ? event : null
}

async function findHoldOn(
  ledger: UnitOfWork,
  { repository, issueNumber, key }: DispatchResultEvent,
): Promise<Hold | null> {
  const row = await ledger.pipeline({ repositoryId: repository.id, issueNumber })
  const stage = row && findAttemptByKey(row.pipeline, key)?.stage.name
  if (row === null || stage == null) return null
  const here = ledger.rows.repositories.get(String(repository.id))?.holdOrRelease ?? null
  return holdAffectingStage(row.pipeline, { repository: here, everything: await ledger.globalHold() }, stage)
}

function requeueDispatch({ effect, ...arrival }: ApplyRequest, event: DispatchResultEvent, hold: Hold): ApplyRequest {
  const outcome = { state: 'waiting', until: null, reason: { kind: 'held', hold } } as const
  return {
    ...arrival,
    ...(effect && { effect: { ...effect, state: 'due', isSnooze: true, error: `held: ${hold.reason}` } }),
    event: { ...event, outcome },
  }
}
