// The last check before an attempt is sent. It runs in the transaction that writes `sending`, under the locks under
// which holds are written: the repository's row, and the operator's row for share. So nothing is sent after a hold's
// commit.
import { holdAffectingStage } from '../pipeline/holds/holds.ts'
import type { EventOf } from '../pipeline/model/events.ts'
import type { DispatchReason } from '../pipeline/model/reason.ts'
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
      const reason = event && (await findHoldOn(unitOfWork, event))
      return reason ? requeueDispatch(request, event, reason) : request
    }),
  )
}

function dispatchIn({ effect, event }: ApplyRequest): DispatchResultEvent | null {
  return effect?.state === 'sending' && event?.type === 'dispatch.updated' ? event : null
}

async function findHoldOn(
  unitOfWork: UnitOfWork,
  { repository, issueNumber, key }: DispatchResultEvent,
): Promise<DispatchReason | null> {
  const row = await unitOfWork.pipeline({ repositoryId: repository.id, issueNumber })
  const stage = row && findAttemptByKey(row.pipeline, key)?.stage.name
  if (row === null || stage == null) return null
  const stored = unitOfWork.rows.repositories.get(String(repository.id))
  const hold = holdAffectingStage(
    row.pipeline,
    { repository: stored?.holdOrRelease ?? null, everything: await unitOfWork.globalHold() },
    stage,
  )
  if (hold !== null) return { kind: 'held', hold }
  const workflow = row.pipeline.line.stages.find(({ name }) => name === stage)?.workflow
  const held = stored?.workflowHolds.find((one) => one.workflow === workflow)
  return held === undefined || held.probe?.key === key ? null : { kind: 'held-by-andon', hold: held }
}

function requeueDispatch(
  { effect, ...request }: ApplyRequest,
  event: DispatchResultEvent,
  reason: DispatchReason,
): ApplyRequest {
  const outcome = { state: 'waiting', until: null, reason } as const
  return {
    ...request,
    ...(effect && {
      effect: {
        ...effect,
        state: 'due',
        isSnooze: true,
        error: reason.kind === 'held' ? `held: ${reason.hold.reason}` : reason.kind,
      },
    }),
    event: { ...event, outcome },
  }
}
