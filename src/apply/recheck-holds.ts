// The last check before an attempt is sent. It runs in the transaction that writes `sending`, under the locks under
// which holds are written: the repository's row, and the operator's row for share. So nothing is sent after a hold's
// commit.
import { holdAffectingStage } from '../pipeline/holds/holds.ts'
import type { EventOf } from '../pipeline/model/events.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import { findAttemptByKey } from '../pipeline/stages/attempts.ts'
import type { ApplyRequest } from './apply-request.ts'
import type { UnitOfWork } from './unit-of-work.ts'

type DispatchResultEvent = EventOf<'dispatch.updated'>

/** The group, with each dispatch that is held made due again instead of `sending`; it costs no try. */
export async function recheckHolds(
  unitOfWork: UnitOfWork,
  group: readonly ApplyRequest[],
): Promise<readonly ApplyRequest[]> {
  const dispatches = group.flatMap((request) => dispatchIn(request) ?? [])
  if (dispatches.length === 0) return group
  await unitOfWork.loadPipelines(
    dispatches.map(({ repository, issueNumber }) => ({ repositoryId: repository.id, issueNumber })),
  )
  return await Promise.all(
    group.map(async (request) => {
      const event = dispatchIn(request)
      const hold = event && (await findHoldOn(unitOfWork, event))
      return hold ? requeueDispatch(request, event, hold) : request
    }),
  )
}

function dispatchIn({ effect, event }: ApplyRequest): DispatchResultEvent | null {
  return effect?.state === 'sending' && event?.type === 'dispatch.updated' ? event : null
}

async function findHoldOn(
  unitOfWork: UnitOfWork,
  { repository, issueNumber, key }: DispatchResultEvent,
): Promise<Hold | null> {
  const row = await unitOfWork.pipeline({ repositoryId: repository.id, issueNumber })
  const stage = row && findAttemptByKey(row.pipeline, key)?.stage.name
  if (row === null || stage == null) return null
  const repositoryHold = unitOfWork.rows.repositories.get(String(repository.id))?.holdOrRelease ?? null
  return holdAffectingStage(
    row.pipeline,
    { repository: repositoryHold, everything: await unitOfWork.globalHold() },
    stage,
  )
}

function requeueDispatch({ effect, ...request }: ApplyRequest, event: DispatchResultEvent, hold: Hold): ApplyRequest {
  const outcome = { state: 'waiting', until: null, reason: { kind: 'held', hold } } as const
  return {
    ...request,
    ...(effect && { effect: { ...effect, state: 'due', isSnooze: true, error: `held: ${hold.reason}` } }),
    event: { ...event, outcome },
  }
}
