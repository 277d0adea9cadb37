// What the events of a group need is read in rounds, in a handful of statements for all of them; then each is advanced in
// the order in which they came, over what the group itself has changed.
import { advance, neededBy } from '../pipeline/advance.ts'
import type { Event } from '../pipeline/model/events.ts'
import { isEmpty, recording } from '../pipeline/world.ts'
import { saveInstallations } from '../store/repositories.ts'
import type { UnitOfWork } from './unit-of-work.ts'

export async function advanceEvents(unit: UnitOfWork, events: readonly Event[]): Promise<void> {
  for (let asking = events; asking.length > 0; ) {
    const asked = asking
      .map((event) => ({ event, missing: neededBy(unit.known, event) }))
      .filter(({ missing }) => !isEmpty(missing))
    await unit.load(asked.map(({ missing }) => missing))
    asking = asked.map(({ event }) => event)
  }
  for (const event of events) await advanceOne(unit, event)
  // Admission looks at them; what was told later stands already.
  await saveInstallations(unit.trx, unit.rows.installations.changed())
}

async function advanceOne(unit: UnitOfWork, event: Event): Promise<void> {
  for (;;) {
    const { world, missing } = recording(unit.known)
    const change = advance(world, event)
    if (isEmpty(missing)) return unit.put(change)
    // What the events before it changed has led to something else.
    await unit.load([missing])
  }
}
