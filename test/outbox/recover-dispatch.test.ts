// A second dispatch starts a second run. Here GitHub starts the run and then gives no answer, or a wrong one.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../fake-github/faults.ts'
import { applyOrThrow } from '../apply/support/effect-worker.ts'
import { recordMeasurements } from '../support/measurements.ts'
import { runOf } from '../support/pipeline-documents.ts'
import { REPOSITORY } from '../support/pipeline-fixtures.ts'
import { type DispatchWorld, openDispatchWorld } from './support/dispatch-world.ts'
import { START, stepWhileTimePasses } from './support/outbox-world.ts'

let line: DispatchWorld
beforeEach(async () => {
  line = await openDispatchWorld()
})
afterEach(() => line.world.close())

describe('a dispatch without a clear answer', () => {
  const lost: readonly Fault['kind'][] = ['502-after', 'reset-after', 'hang-after']

  test.each(lost)('(%s) is found by its key, and is not sent again', async (how) => {
    loseAnswers(1, how)
    const key = await line.admit(42)
    await line.world.drain()
    expect(line.runs).toHaveLength(1)
    expect((await line.control(key))?.runId).toBe(line.runs[0]?.id)
    expect(line.results.get(key)?.map(({ state }) => state)).toEqual(['sending', 'unconfirmed', 'confirmed'])
  })

  test('is sent again only after two misses, two minutes apart, and if its workflow is known to echo the key', async () => {
    line.world.fault = ({ method }) => (method === 'POST' ? { kind: '502-before' } : null)
    await line.admit(42)
    await stepWhileTimePasses(line.world, line.world.outbox, { seconds: 130, stride: 5 })
    const asked = line.world.github.writes.requests.map(({ method, path, at }) => {
      return `${method} ${path.split('/').at(-1)} +${(at - Date.parse(START)) / 1000}`
    })
    expect(asked).toMatchInlineSnapshot(`
      [
        "POST dispatches +0",
        "GET runs +5",
        "GET runs +35",
        "GET runs +65",
        "GET runs +95",
        "GET runs +125",
        "GET .github%2Fworkflows%2Fplan.yml +125",
      ]
    `)
  })

  test('whose run appears late is found and not sent again', async () => {
    line.world.github.listing.delaySeconds = 100
    loseAnswers(1, '502-after')
    const key = await line.admit(42)
    await line.world.drain()
    expect(postsOf()).toHaveLength(1)
    expect(line.lastResult(key)).toMatchObject({ state: 'confirmed', runId: line.runs[0]?.id })
  })

  test('that never reached GitHub is sent again until it does, with pauses that grow to five minutes', async () => {
    line.world.fault = ({ method }) => (method === 'POST' ? { kind: '502-before' } : null)
    const key = await line.admit(42)
    await stepWhileTimePasses(line.world, line.world.outbox, { seconds: 1_100, stride: 5 })
    const pauses = postsOf().map(({ at }, index, all) => (at - (all[index - 1]?.at ?? Date.parse(START))) / 1000)
    expect(pauses).toEqual([0, 130, 130, 135, 335, 335])
    line.world.fault = () => null
    await line.world.drain()
    expect(line.runs).toHaveLength(1)
    expect(line.lastResult(key)).toMatchObject({ state: 'confirmed', runId: line.runs[0]?.id })
  })

  test.each(['502-before', '502-after'] as const)(
    'of a workflow that does not echo the key (%s) is never sent twice and needs a person',
    async (how) => {
      line.echoKey(false)
      loseAnswers(1, how)
      const key = await line.admit(42)
      await line.world.drain()
      expect(postsOf()).toHaveLength(1)
      expect(line.lastResult(key)).toMatchInlineSnapshot(`
        {
          "message": "Andon cannot tell whether GitHub started it, because the run-name of plan.yml does not contain the attempt key; a person must check before it is sent again",
          "needsPerson": true,
          "state": "unconfirmed",
        }
      `)
      expect(await line.effects()).toMatchObject([{ state: 'buried', tries: 1 }])
      recordMeasurements('no-echo', { faults: 1, doubled: 0, how })
    },
  )

  test('is also recovered when GitHub accepts it without naming its run', async () => {
    line.world.github.listing.namesDispatchedRuns = false
    const key = await line.admit(42)
    await line.world.drain()
    expect(line.runs).toHaveLength(1)
    expect((await line.control(key))?.runId).toBe(line.runs[0]?.id)
  })

  test('is done as soon as a delivery names its run', async () => {
    loseAnswers(1, '502-after')
    const key = await line.admit(42)
    await line.world.outbox.step()
    await deliver(line.runs[0]?.id ?? 0, key)
    await line.world.drain()
    const looks = line.world.github.writes.requests.filter(({ path }) => path.endsWith('/runs'))
    expect([line.runs.length, looks.length]).toEqual([1, 0])
    expect(await line.effects()).toMatchObject([{ state: 'done' }])
  })

  test('keeps its oldest run, and younger duplicates are cancelled', async () => {
    let posts = 0
    line.world.fault = ({ kind }) => (kind === 'dispatch' && posts++ === 0 ? { kind: 'repeated', times: 3 } : null)
    const key = await line.admit(42)
    await line.world.drain()
    expect(line.runs).toHaveLength(3)
    expect(line.liveRuns(key)).toEqual(line.runs.slice(0, 1))
    expect((await line.control(key))?.runId).toBe(line.runs[0]?.id)
  })

  test('is looked for again when GitHub cannot list its runs, which is no miss', async () => {
    loseAnswers(1, '502-after')
    const { fault } = line.world
    let looks = 0
    line.world.fault = (request) => {
      if (request.method === 'GET' && looks++ < 20) return { kind: '502-before' }
      return fault(request)
    }
    const key = await line.admit(42)
    await line.world.drain()
    expect(postsOf()).toHaveLength(1)
    expect(line.lastResult(key)).toMatchObject({ state: 'confirmed' })
  })

  test('needs a person when GitHub does not allow listing its runs', async () => {
    line.world.fault = ({ method }) =>
      method === 'POST' ? { kind: '502-after' } : { kind: 'refuse', status: 422, message: 'Resource not accessible' }
    const key = await line.admit(42)
    await line.world.drain()
    expect(line.lastResult(key)).toMatchObject({ state: 'unconfirmed', needsPerson: true })
    expect(postsOf()).toHaveLength(1)
  })
})

/** The given number of dispatches are done, or not, and their answers are lost. */
function loseAnswers(times: number, kind: Fault['kind']): void {
  let posts = 0
  line.world.fault = ({ method, path }) =>
    method === 'POST' && path.endsWith('/dispatches') && posts++ < times ? ({ kind } as Fault) : null
}

function postsOf() {
  return line.world.github.writes.all.filter(({ path }) => path.endsWith('dispatches'))
}

/** GitHub delivers the run before it is asked. */
async function deliver(id: number, key: string): Promise<void> {
  const run = runOf(id, { title: `andon ${key}`, workflow: 'plan.yml', startedAt: START, updatedAt: START })
  const event = { type: 'run.changed', at: START, evidence: run.evidence, repository: REPOSITORY, run } as const
  await applyOrThrow(line.world.door, event)
}
