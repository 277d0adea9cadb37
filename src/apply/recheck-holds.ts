// The last look before an attempt is sent. It is taken in the transaction that says `sending`, behind the locks under
// which cords are pulled: the repository's row, and the operator's for share. So nothing is sent after a hold's commit.
import { attemptOfKey } from '../pipeline/admission.ts'
import { holdOver, holdWords } from '../pipeline/holds/holds.ts'
import type { Event } from '../pipeline/model/events.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { Arrival } from './apply-request.ts'
import type { Ledger } from './unit-of-work.ts'

type DispatchTold = Extract<Event, { type: 'dispatch.told' }>

/** The group, with everything that was about to be sent and is held handed back instead: due, and no try spent. */
export async function holdBack(ledger: Ledger, group: readonly Arrival[]): Promise<readonly Arrival[]> {
  const begun = group.flatMap((arrival) => sendingIn(arrival) ?? [])
  if (begun.length === 0) return group
  await ledger.readPipelines(begun.map(({ repository, issueNumber }) => ({ repositoryId: repository.id, issueNumber })))
  return await Promise.all(
    group.map(async (arrival) => {
      const event = sendingIn(arrival)
      const hold = event && (await holdOn(ledger, event))
      return hold ? handedBack(arrival, event, hold) : arrival
    }),
  )
}

function sendingIn({ effect, event }: Arrival): DispatchTold | null {
  return effect?.state === 'sending' && event?.type === 'dispatch.told' ? event : null
}

async function holdOn(ledger: Ledger, { repository, issueNumber, key }: DispatchTold): Promise<Hold | null> {
  const row = await ledger.pipeline({ repositoryId: repository.id, issueNumber })
  const stage = row && attemptOfKey(row.pipeline, key)?.stage.name
  if (row === null || stage == null) return null
  const here = ledger.repositories.get(String(repository.id))?.cord ?? null
  return holdOver(row.pipeline, { repository: here, everything: await ledger.everything() }, stage)
}

function handedBack({ effect, ...arrival }: Arrival, event: DispatchTold, hold: Hold): Arrival {
  const words = holdWords(hold)
  const told = { state: 'waiting', until: null, words } as const
  return {
    ...arrival,
    ...(effect && { effect: { ...effect, state: 'due', uncounted: true, error: words } }),
    event: { ...event, told },
  }
}
