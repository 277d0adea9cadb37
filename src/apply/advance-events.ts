// The rows that a group's events need are read in rounds, a handful of statements for all of them. Then each event is
// advanced in order of arrival, over what the group itself has changed.
import { advance, neededBy } from '../advance/advance.ts'
import { isEmpty, recording } from '../advance/world.ts'
import type { Event } from '../pipeline/model/events.ts'
import { saveInstallations } from '../store/repositories.ts'
import type { UnitOfWork } from './unit-of-work.ts'

export async function advanceEvents(unitOfWork: UnitOfWork, events: readonly Event[]): Promise<void> {
  for (let incomplete = events; incomplete.length > 0; ) {
    const lookups = incomplete
      .map((event) => ({ event, missing: neededBy(unitOfWork.known, event) }))
      .filter(({ missing }) => !isEmpty(missing))
    await unitOfWork.load(lookups.map(({ missing }) => missing))
    incomplete = lookups.map(({ event }) => event)
  }
  for (const event of events) await advanceOne(unitOfWork, event)
  // Admission reads installations from the database, so they are written before it runs; a newer row stays.
  await saveInstallations(unitOfWork.trx, unitOfWork.rows.installations.changed())
}

async function advanceOne(unitOfWork: UnitOfWork, event: Event): Promise<void> {
  for (;;) {
    const { world, missing } = recording(unitOfWork.known)
    const change = advance(world, event)
    if (isEmpty(missing)) return unitOfWork.put(change)
    // Earlier events of the group changed rows, so this one needs others.
    await unitOfWork.load([missing])
  }
}
