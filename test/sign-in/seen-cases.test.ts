// Seeded lives of people, repositories and access: after every change, nobody is shown what GitHub keeps from them.
import { afterEach, expect, test } from 'vitest'
import { grantFromManifest } from '../../fake-github/grant.ts'
import { ACME } from '../../fake-github/organization.ts'
import { seededRandom } from '../../fake-github/random.ts'
import { type AndonApp, BASE_URL, openAndonApp } from '../support/andon-app.ts'
import { type EventReader, openEventReader } from '../support/event-reader.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { openVisitor, type Visitor } from '../support/visitor.ts'

const NAMES = ['widgets', 'api', 'ledger', 'merger', 'payroll']
const LOGINS = ['ada', 'grace', 'linus', 'passerby'] as const
const CHANGES = [
  'grant',
  'revoke',
  'grant silently',
  'revoke silently',
  'rename',
  'transfer',
  'private',
  'public',
  'remove',
  'add',
] as const

type Person = { readonly login: string; readonly visitor: Visitor; readonly bearer: Record<string, string> }

let app: AndonApp
afterEach(() => app.close())

test('people, repositories, grants and revocations at random: nobody is shown more than GitHub shows them', async () => {
  const random = seededRandom(randomSeed())
  const rounds = repetitions(4, 10_000 / (LOGINS.length * NAMES.length))
  const grant = grantFromManifest()
  const repositories = NAMES.map((name) => ({ name, private: name !== 'widgets' }))
  app = await openAndonApp({
    access: 'login',
    organization: { ...ACME, repositories },
    grant: { ...grant, events: [...grant.events, 'member'] },
  })
  const { github } = app
  const ids = NAMES.map((name) => github.repositoryId(`acme/${name}`))
  const current = new Map(ids.map((id, index) => [id, `acme/${NAMES[index]}`]))
  const nameOf = (id: number) => current.get(id)!
  const removed = new Set<number>()
  const kept = new Set<string>()
  for (const id of ids) await github.openIssue(nameOf(id), { title: 'token-0', labels: ['andon'] })
  await github.whenIdle()
  for (const login of LOGINS)
    for (const id of ids)
      if (random.chance(0.5)) {
        github.setAccess(login, nameOf(id), false, { tells: false })
        kept.add(`${login} ${id}`)
      }
  const people = await Promise.all(LOGINS.map(signIn))
  const streams = new Map<string, EventReader>()
  const figures = { cases: 0, leaks: 0, 'hidden by mistake': 0 }
  const timings = { hidden: [] as number[], missing: [] as number[] }
  const maySee = (login: string, id: number) => !removed.has(id) && !kept.has(`${login} ${id}`)

  for (let round = 1; round <= rounds; round++) {
    await change(random.pick(CHANGES), random.pick(ids), random.pick(LOGINS), round)
    await github.whenIdle()
    // Streams that were open before the change, and those of people who were not connected.
    for (const { login, visitor } of people)
      if (!streams.get(login)?.isOpen())
        streams.set(login, await openEventReader(`${app.url}/events?as=json`, visitor.cookieHeader()))
    // GitHub's times are whole seconds: of two in one, the later is not known.
    app.clock.advance(2)
    // Every visible repository says something new, which no other stream may carry.
    const tokens = new Map(ids.map((id) => [id, `token-${round}-${id}-end`]))
    for (const id of ids) if (!removed.has(id)) await github.editIssue(nameOf(id), 1, { title: tokens.get(id)! })
    await github.whenIdle()
    for (const person of people) {
      const board = await person.visitor.get('/')
      const json = await person.visitor.get('/api/pipelines')
      const byToken = await openVisitor({ ...app, baseUrl: BASE_URL }).get('/api/pipelines', person.bearer)
      const stream = await settled(
        streams.get(person.login)!,
        ids.filter((id) => maySee(person.login, id)),
        tokens,
      )
      for (const id of ids) await examine(person, id, tokens.get(id)!, [board.text, json.text, byToken.text, stream])
    }
  }
  for (const stream of streams.values()) stream.close()
  recordMeasurements('seen', {
    ...figures,
    'a 404 for hidden, ms': quartiles(timings.hidden),
    'for missing, ms': quartiles(timings.missing),
  })
  expect(figures).toMatchObject({ leaks: 0, 'hidden by mistake': 0 })

  async function signIn(login: string): Promise<Person> {
    const visitor = openVisitor({ ...app, baseUrl: BASE_URL })
    await visitor.signIn(login)
    const { text } = await visitor.post('/account/tokens', { token: await visitor.formToken(), name: 'ci' })
    return { login, visitor, bearer: { authorization: `Bearer ${/andon_[\w-]+/.exec(text)?.[0]}` } }
  }

  async function change(what: (typeof CHANGES)[number], id: number, login: string, round: number): Promise<void> {
    const sees = what.startsWith('grant')
    switch (what) {
      case 'grant':
      case 'revoke':
      case 'grant silently':
      case 'revoke silently': {
        // Of a repository outside the installation nothing is delivered.
        const tells = !what.endsWith('silently') && !removed.has(id)
        github.setAccess(login, nameOf(id), sees, { tells })
        if (sees) kept.delete(`${login} ${id}`)
        else kept.add(`${login} ${id}`)
        if (!tells) app.clock.advance(300)
        return
      }
      case 'rename':
        current.set(id, await github.renameRepository(nameOf(id), `renamed-${round}-${id}`))
        return
      case 'transfer':
        for (const one of LOGINS) {
          github.setAccess(one, nameOf(id), one === login, { tells: false })
          if (one === login) kept.delete(`${one} ${id}`)
          else kept.add(`${one} ${id}`)
        }
        github.deliver('repository', { action: 'transferred' }, nameOf(id))
        if (removed.has(id)) app.clock.advance(300)
        return
      case 'private':
      case 'public':
        github.setPrivate(nameOf(id), what === 'private')
        return
      case 'remove':
        github.removeRepository(nameOf(id))
        removed.add(id)
        return
      case 'add':
        github.addRepository(nameOf(id))
        removed.delete(id)
    }
  }

  /** One case: a person and a repository, on pages, as JSON, by token, on the stream. */
  async function examine({ login, visitor, bearer }: Person, id: number, token: string, boards: readonly string[]) {
    figures.cases += 1
    const sees = maySee(login, id)
    const name = nameOf(id)
    const startedAt = performance.now()
    const own = await visitor.get(`/${name}`)
    const took = performance.now() - startedAt
    const answers = [
      own,
      await visitor.get(`/${name}/issues/1`),
      await visitor.get(`/api/pipelines/${name}/1`),
      await openVisitor({ ...app, baseUrl: BASE_URL }).get(`/api/pipelines/${name}/1`, bearer),
    ]
    const texts = [...boards, ...answers.map(({ text }) => text)]
    const shown = texts.filter((text) => text.includes(token)).length
    if (sees && (shown < texts.length || answers.some(({ status }) => status !== 200)))
      figures['hidden by mistake'] += 1
    if (sees) return
    if (shown > 0 || answers.some(({ status }) => status !== 404)) figures.leaks += 1
    timings.hidden.push(took)
    const since = performance.now()
    await visitor.get(`/acme/${'x'.repeat(name.length - 5)}`)
    timings.missing.push(performance.now() - since)
  }
})

/** Everything on a stream up to the moment when it has shown all that it should; what came before counts too. */
async function settled(stream: EventReader, ids: readonly number[], tokens: ReadonlyMap<number, string>) {
  let text = ''
  const giveUp = Date.now() + 5_000
  do {
    await new Promise((resolve) => setTimeout(resolve, 20))
    text += stream
      .unread()
      .splice(0)
      .map(({ data }) => data)
      .join('\n')
  } while (Date.now() < giveUp && !ids.every((id) => text.includes(tokens.get(id)!)))
  return text
}

function quartiles(values: readonly number[]): string {
  const sorted = values.toSorted((one, other) => one - other)
  return [0.25, 0.5, 0.75].map((share) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)).join(' / ')
}
