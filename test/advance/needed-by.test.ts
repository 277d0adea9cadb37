// What is read before an event is advanced: everything that it uses, in few rounds, without guessing.
import { expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { advance, neededBy } from '../../src/advance/advance.ts'
import {
  isEmpty,
  type Keys,
  KINDS,
  type Kind,
  type PartialWorld,
  recording,
  type World,
} from '../../src/advance/world.ts'
import type { Event } from '../../src/pipeline/model/events.ts'
import { type AskedEffect, inMemoryWorld } from '../support/in-memory-world.ts'
import { answerQuestion, lifecycleEvents } from '../support/lifecycle-events.ts'
import { minutesAfterNine } from '../support/pipeline-fixtures.ts'

const SHUFFLES = 20
/** The run; its pull requests and its pipeline; what may be replayed; the runs on those branches. */
const MAX_ROUNDS = 4

test('everything that an event reads is named before it is advanced, in at most four rounds', () => {
  let events = 0
  let most = 0
  for (let seed = 1; seed <= SHUFFLES; seed++) {
    const line = inMemoryWorld()
    const apply = (event: Event): readonly AskedEffect[] => {
      events += 1
      const read = unread()
      const known = revealed(line.world, read)
      let rounds = 0
      for (let missing = neededBy(known, event); !isEmpty(missing); missing = neededBy(known, event)) {
        for (const kind of KINDS) for (const key of missing[kind]) read[kind].add(JSON.stringify(key))
        rounds += 1
      }
      most = Math.max(most, rounds)
      const { world, missing } = recording(known)
      const change = advance(world, event)
      expect(namesOf(missing), `seed ${seed}: ${event.type}`).toEqual([])
      expect(change).toEqual(advance(line.world, event))
      return line.apply(event).filter(({ type }) => type === 'ask')
    }
    const deliveries = seededRandom(seed).shuffle([...lifecycleEvents(minutesAfterNine)])
    for (const questions = deliveries.flatMap(apply); questions.length > 0; ) {
      const [question] = questions.splice(0, 1)
      questions.push(...apply(answerQuestion(question!, minutesAfterNine(5_000))))
    }
  }
  expect(most).toBeLessThanOrEqual(MAX_ROUNDS)
  console.log(`${events} events: nothing was looked up that had not been named, in at most ${most} rounds`)
}, 60_000)

type Read = { readonly [K in Kind]: Set<string> }

function unread(): Read {
  return Object.fromEntries(KINDS.map((kind) => [kind, new Set<string>()])) as Read
}

/** The part of the world that was read. */
function revealed(world: World, read: Read): PartialWorld {
  const reveal = (kind: Kind) => ({
    find: (key: never) => (read[kind].has(JSON.stringify(key)) ? world[kind](key) : undefined),
  })
  return Object.fromEntries(KINDS.map((kind) => [kind, reveal(kind)])) as unknown as PartialWorld
}

function namesOf(keys: Keys): readonly string[] {
  return KINDS.flatMap((kind) => keys[kind].map((key) => `${kind} ${JSON.stringify(key)}`))
}
