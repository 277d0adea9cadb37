// GitHub begins a second run when it is asked a second time. Here it does so and then says nothing, or something else.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Line, live, openLine } from './support/dispatching.ts'
import type { Fault } from './support/fake-github.ts'
import { runOf } from './support/pipelines.ts'
import { START } from './support/world.ts'

const KEY = '42/plan/1-k3v9x'

let line: Line
beforeEach(async () => {
  line = await openLine()
})
afterEach(() => line.world.close())

describe('a dispatch', () => {
  test('passes on the issue’s number and the attempt key and nothing else, and is confirmed with its run', async () => {
    await line.admit(42)
    await line.world.settle()
    const posts = postsOf()
    expect(posts.map(({ path }) => path)).toEqual(['/repos/acme/widgets/actions/workflows/plan.yml/dispatches'])
    expect(posts[0]?.body).toEqual({ ref: 'main', inputs: { issue: '42', andon: KEY }, return_run_details: true })
    const url = 'https://github.com/acme/widgets/actions/runs/9000'
    expect(line.told.get(KEY)).toEqual([{ state: 'sending' }, { state: 'confirmed', runId: 9000, url }])
    expect(await line.effects()).toMatchObject([{ state: 'done', attempts: 1 }])
  })

  test('is told through the door with the effect’s new state: first that it is sent, then what came of it', async () => {
    await line.admit(42)
    await line.world.settle()
    expect(line.world.arrivals.map(({ effect, event }) => [effect?.state, event?.type, event?.at])).toEqual([
      ['sending', 'dispatch.told', START],
      ['done', 'dispatch.told', START],
    ])
  })

  test.each<[string, Fault, string]>([
    ['404', { how: 'refuse', status: 404, message: 'Not Found' }, 'GitHub refused to start plan.yml: Not Found'],
    [
      '422',
      { how: 'refuse', status: 422, message: "Cannot trigger a 'workflow_dispatch' on a disabled workflow" },
      "GitHub refused to start plan.yml: Cannot trigger a 'workflow_dispatch' on a disabled workflow",
    ],
    [
      '403 without a sign of a limit',
      { how: 'refuse', status: 403, message: 'Resource not accessible by integration' },
      'GitHub refused to start plan.yml: Resource not accessible by integration',
    ],
  ])('that is refused (%s) ends with GitHub’s words and is not sent again', async (_, fault, words) => {
    line.world.github.fault = () => fault
    await line.admit(42)
    await line.world.settle()
    expect(postsOf()).toHaveLength(1)
    expect(line.lastTold(KEY)).toEqual({ state: 'refused', words })
    expect(await line.effects()).toMatchObject([{ state: 'refused' }])
  })

  test.each<[string, Fault]>([
    ['403 with retry-after', { how: 'refuse', status: 403, headers: { 'retry-after': '90' } }],
    ['429', { how: 'refuse', status: 429, headers: { 'retry-after': '90' } }],
    ['a secondary rate limit', { how: 'refuse', status: 403, message: 'You have exceeded a secondary rate limit.' }],
    [
      'a spent limit',
      { how: 'refuse', status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795270000' } },
    ],
  ])('that is put off (%s) waits with words, spends no try, and nobody else sends meanwhile', async (_, fault) => {
    let calls = 0
    line.world.github.fault = () => (calls++ < 12 ? fault : null)
    await line.admit(42)
    await line.admit(43)
    await line.world.settle([line.world.outbox, line.world.another()])
    expect(await line.effects()).toMatchObject([
      { state: 'done', attempts: 1 },
      { state: 'done', attempts: 1 },
    ])
    expect(line.runs.all).toHaveLength(2)
    const waits = [...line.told.values()].flat().filter(({ state }) => state === 'waiting')
    expect(waits).toHaveLength(12)
    expect(waits[0]).toEqual({
      state: 'waiting',
      until: expect.any(String),
      words: 'GitHub asks for patience: a rate limit is reached',
    })
    const moments = postsOf().map(({ at }) => Date.parse(at))
    const gaps = moments.slice(1, 13).map((at, index) => at - (moments[index] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60_000)
  })

  test('to a GitHub that cannot be reached is tried further and further apart, and after eight tries refused', async () => {
    line.world.github.fault = ({ path }) => (path.endsWith('/dispatches') ? { how: 'unreachable' } : null)
    await line.admit(42)
    await line.world.settle()
    const seconds = postsOf().map(({ at }) => (Date.parse(at) - Date.parse(START)) / 1000)
    expect(seconds).toEqual([0, 5, 25, 105, 425, 1705, 5305, 8905])
    expect(line.lastTold(KEY)).toEqual({ state: 'refused', words: 'GitHub did not start it in 8 tries' })
  })

  test('of an attempt that was given up meanwhile is not sent', async () => {
    const key = await line.admit(42)
    await line.giveUp(42, key)
    await line.world.settle()
    expect(postsOf()).toEqual([])
    expect(line.lastTold(KEY)).toEqual({ state: 'refused', words: 'it was given up before it was sent' })
  })

  test('keeps the pace of one write a second that all writes of an installation share', async () => {
    for (let issue = 1; issue <= 20; issue += 1) await line.admit(issue)
    await line.world.settle([line.world.outbox, line.world.another(), line.world.another()])
    const moments = postsOf().map(({ at }) => Date.parse(at))
    expect(line.runs.all).toHaveLength(20)
    expect(Math.min(...moments.slice(1).map((at, index) => at - (moments[index] ?? 0)))).toBeGreaterThanOrEqual(1_000)
  })
})

describe('a dispatch without a clear answer', () => {
  const lost: readonly Fault['how'][] = ['502-after', 'reset-after', 'hang-after']

  test.each(lost)('(%s) is found by its key, and is not sent again', async (how) => {
    loseAnswers(1, how)
    await line.admit(42)
    await line.world.settle()
    expect(line.runs.all).toHaveLength(1)
    expect(line.bound.get(KEY)).toBe(9000)
    expect(line.told.get(KEY)?.map(({ state }) => state)).toEqual(['sending', 'unconfirmed', 'confirmed'])
  })

  test('is not sent again before it was missed twice, two minutes apart, and its workflow was seen to echo the key', async () => {
    line.world.github.fault = ({ method }) => (method === 'POST' ? { how: '502-before' } : null)
    await line.admit(42)
    await live(line.world, line.world.outbox, { seconds: 130, stride: 5 })
    const asked = line.world.github.requests.map(({ method, path, at }) => {
      return `${method} ${path.split('/').at(-1)} +${(Date.parse(at) - Date.parse(START)) / 1000}`
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

  test('that only shows after a while is found and not sent again', async () => {
    line.runs.listedAfterSeconds = 100
    loseAnswers(1, '502-after')
    await line.admit(42)
    await line.world.settle()
    expect(postsOf()).toHaveLength(1)
    expect(line.lastTold(KEY)).toMatchObject({ state: 'confirmed', runId: 9000 })
  })

  test('that never began is sent once more, and so on for eight tries', async () => {
    line.world.github.fault = ({ method }) => (method === 'POST' ? { how: '502-before' } : null)
    await line.admit(42)
    await line.world.settle()
    expect(postsOf()).toHaveLength(8)
    expect(line.lastTold(KEY)).toEqual({ state: 'refused', words: 'GitHub did not start it in 8 tries' })
  })

  test.each(['502-before', '502-after'] as const)(
    'of a workflow that does not echo the key (%s) is never sent twice: a person must look',
    async (how) => {
      line.runs.echoes = false
      loseAnswers(1, how)
      await line.admit(42)
      await line.world.settle()
      expect(postsOf()).toHaveLength(1)
      expect(line.lastTold(KEY)).toMatchInlineSnapshot(`
        {
          "needsPerson": true,
          "state": "unconfirmed",
          "words": "nobody can tell whether GitHub started it, because the run-name of plan.yml does not say the attempt key; it is not sent again before a person has looked",
        }
      `)
      expect(await line.effects()).toMatchObject([{ state: 'buried', attempts: 1 }])
    },
  )

  test('is looked for also when GitHub accepts it without naming its run', async () => {
    line.runs.namesRuns = false
    await line.admit(42)
    await line.world.settle()
    expect(line.runs.all).toHaveLength(1)
    expect(line.bound.get(KEY)).toBe(9000)
  })

  test('is done as soon as its run is known from a delivery', async () => {
    loseAnswers(1, '502-after')
    const key = await line.admit(42)
    await line.world.outbox.step()
    await deliver(9000, key)
    await line.world.settle()
    const looks = line.world.github.requests.filter(({ path }) => path.endsWith('/runs'))
    expect([line.runs.all.length, looks.length]).toEqual([1, 0])
    expect(await line.effects()).toMatchObject([{ state: 'done' }])
  })

  test('keeps its oldest run; younger twins are cancelled', async () => {
    let posts = 0
    line.world.github.fault = ({ method, path, body }) => {
      if (method !== 'POST' || !path.endsWith('/dispatches') || posts++ > 0) return null
      // The same request reaches GitHub three times, as some network devices do it, and every answer is lost.
      const again = { method: 'POST', body: JSON.stringify(body) }
      void line.world.github.fetch(`https://api.github.test${path}`, again)
      void line.world.github.fetch(`https://api.github.test${path}`, again)
      return { how: '502-after' }
    }
    await line.admit(42)
    await line.world.settle()
    expect(line.runs.all).toHaveLength(3)
    expect(line.runs.live(KEY).map(({ id }) => id)).toEqual([9000])
    expect(line.bound.get(KEY)).toBe(9000)
  })

  test('is looked for again when GitHub cannot list its runs, without that counting as a miss', async () => {
    loseAnswers(1, '502-after')
    const { fault } = line.world.github
    let looks = 0
    line.world.github.fault = (request) => {
      if (request.method === 'GET' && looks++ < 20) return { how: '502-before' }
      return fault(request)
    }
    await line.admit(42)
    await line.world.settle()
    expect(postsOf()).toHaveLength(1)
    expect(line.lastTold(KEY)).toMatchObject({ state: 'confirmed' })
  })

  test('is left to a person when GitHub does not let its runs be seen', async () => {
    line.world.github.fault = ({ method }) =>
      method === 'POST' ? { how: '502-after' } : { how: 'refuse', status: 403, message: 'Resource not accessible' }
    await line.admit(42)
    await line.world.settle()
    expect(line.lastTold(KEY)).toMatchObject({ state: 'unconfirmed', needsPerson: true })
    expect(postsOf()).toHaveLength(1)
  })
})

describe('a cancellation', () => {
  test('is sent at its address, and its answer is told', async () => {
    const key = await line.admit(42)
    await line.world.settle()
    await cancel(9000, key)
    await line.world.settle()
    await cancel(9000, key, true)
    await cancel(9999, key)
    await line.world.settle()
    const told = line.world.arrivals.flatMap(({ event }) => (event?.type === 'cancel.told' ? [event] : []))
    expect(told.map(({ runId, force, told }) => [runId, force, told])).toEqual([
      [9000, false, 'accepted'],
      [9000, true, 'refused'],
      [9999, false, 'gone'],
    ])
    expect(postsOf('cancel').map(({ path }) => path.split('/').slice(-2).join('/'))).toEqual([
      '9000/cancel',
      '9000/force-cancel',
      '9999/cancel',
    ])
  })

  test('outlives an outage and a rate limit', async () => {
    const key = await line.admit(42)
    await line.world.settle()
    let calls = 0
    line.world.github.fault = () => {
      calls += 1
      if (calls < 3) return { how: '502-before' }
      return calls < 20 ? { how: 'refuse', status: 429, headers: { 'retry-after': '60' } } : null
    }
    await cancel(9000, key)
    await line.world.settle()
    expect((await line.effects()).at(-1)).toMatchObject({ key: 'cancel/9000', state: 'done', attempts: 3 })
  })
})

/** So many dispatches are carried out, or not, and the answer is lost. */
function loseAnswers(times: number, how: Fault['how']): void {
  let posts = 0
  line.world.github.fault = ({ method, path }) =>
    method === 'POST' && path.endsWith('/dispatches') && posts++ < times ? ({ how } as Fault) : null
}

function postsOf(verb: 'dispatches' | 'cancel' = 'dispatches') {
  return line.world.github.writes.filter(({ path }) => path.endsWith(verb))
}

async function cancel(runId: number, attemptKey: string, force = false): Promise<void> {
  const key = `cancel/${runId}${force ? '/force' : ''}`
  await line.world.ask({ type: 'cancel', key, runId, issueNumber: 42, attemptKey, force })
}

/** GitHub tells of the run before anybody asks. */
async function deliver(id: number, key: string): Promise<void> {
  const run = runOf(id, { title: `andon ${key}`, workflow: 'plan.yml' })
  const repository = { id: 1, fullName: 'acme/widgets', private: false, defaultBranch: 'main', installationId: 7 }
  await line.world.receive({ event: { type: 'run.changed', at: START, evidence: run.evidence, repository, run } })
}
