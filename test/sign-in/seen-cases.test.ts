// Seeded lives of people, repositories and access: after every change, nobody is shown what GitHub keeps from them.
import { afterEach, expect, test } from 'vitest'
import { grantFromManifest } from '../../fake-github/grant.ts'
import { ACME } from '../../fake-github/organization.ts'
import { seededRandom } from '../../fake-github/random.ts'
import { type AndonApp, BASE_URL, openAndonApp } from '../support/andon-app.ts'
import { type EventReader, openEventReader } from '../support/event-reader.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { type Answer, openVisitor, type Visitor } from '../support/visitor.ts'

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

type Person = {
  readonly login: string
  readonly visitor: Visitor
  /** A script with their API token. */
  readonly script: Visitor
  readonly bearer: Record<string, string>
  stream: EventReader | null
  /** What they may not be shown until the next change. */
  unseen: readonly string[]
}

let app: AndonApp
afterEach(() => app.close())

const FULL_COUNT_MS = 3_600_000

test('people, repositories, grants and revocations at random: nobody is shown more than GitHub shows them', {
  timeout: repetitions(120_000, FULL_COUNT_MS),
}, async () => {
  const random = seededRandom(randomSeed())
  const rounds = repetitions(3, 10_000 / (LOGINS.length * NAMES.length))
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
  const figures = { cases: 0, leaks: 0, 'hidden by mistake': 0 }
  const found: string[] = []
  const timings = { hidden: [] as number[], missing: [] as number[] }
  const maySee = (login: string, id: number) => !removed.has(id) && !kept.has(`${login} ${id}`)

  for (let round = 1; round <= rounds; round++) {
    for (const person of people) {
      // What a stream shows late counts too, up to the next change.
      const late = read(person)
      figures.leaks += person.unseen.filter((token) => late.includes(token)).length
    }
    await change(random.pick(CHANGES), random.pick(ids), random.pick(LOGINS), round)
    await github.whenIdle()
    // Streams that were open before the change, and those of people who were not connected.
    for (const person of people)
      if (!person.stream?.isOpen())
        person.stream = await openEventReader(`${app.url}/events?as=json`, person.visitor.cookieHeader())
    // GitHub's times are whole seconds: of two in one, the later is not known.
    app.clock.advance(2)
    // Every visible repository says something new, which nobody else may be shown.
    const tokens = new Map(ids.map((id) => [id, `token-${round}-${id}-end`]))
    for (const id of ids) if (!removed.has(id)) await github.editIssue(nameOf(id), 1, { title: tokens.get(id)! })
    await github.whenIdle()
    await Promise.all(people.map((person) => examineAll(person, tokens)))
    for (const person of people) await time404s(person)
  }
  for (const { stream } of people) stream?.close()
  const pairs = timings.hidden.map((took, index) => took > timings.missing[index]!)
  const slower = Math.round((100 * pairs.filter(Boolean).length) / Math.max(1, pairs.length))
  recordMeasurements('seen', {
    ...{ faults: figures.cases, wrong: figures.leaks, 'hidden by mistake': figures['hidden by mistake'] },
    '404s of each kind': pairs.length,
    [`ms of them at ${SHARES.join(', ')} %, hidden`]: distribution(timings.hidden),
    missing: distribution(timings.missing),
    'hidden was slower, %': slower,
  })
  expect(found).toEqual([])
  expect(figures).toMatchObject({ leaks: 0, 'hidden by mistake': 0 })
  // Even odds, within four standard deviations of a fair coin.
  if (pairs.length > 1000) expect(Math.abs(slower - 50)).toBeLessThan(200 / Math.sqrt(pairs.length) + 1)

  async function signIn(login: string): Promise<Person> {
    const visitor = openVisitor({ ...app, baseUrl: BASE_URL })
    await visitor.signIn(login)
    const { text } = await visitor.post('/account/tokens', { token: await visitor.formToken(), name: 'ci' })
    const script = openVisitor({ ...app, baseUrl: BASE_URL })
    const bearer = { authorization: `Bearer ${/andon_[\w-]+/.exec(text)?.[0]}` }
    return { login, visitor, script, bearer, stream: null, unseen: [] }
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

  /** A person's cases: each repository, on pages, as JSON, by filter, by token, on the stream. */
  async function examineAll(person: Person, tokens: ReadonlyMap<number, string>): Promise<void> {
    const { login, visitor, script, bearer } = person
    const boards = [
      await visitor.get('/'),
      await visitor.get('/?q=end'),
      await visitor.get('/api/pipelines'),
      await script.get('/api/pipelines', bearer),
    ]
    const answers = new Map<number, readonly Answer[]>()
    for (const id of ids) {
      const name = nameOf(id)
      answers.set(id, [
        await visitor.get(`/${name}`),
        await visitor.get(`/${name}/issues/1`),
        await visitor.get(`/api/pipelines?repository=${name}`),
        await visitor.get(`/api/pipelines/${name}/1`),
        await script.get(`/api/pipelines/${name}/1`, bearer),
      ])
    }
    // A word that narrows the board narrows what is seen, whatever it is.
    const searched = new Map<number, Answer>()
    for (const id of ids) searched.set(id, await visitor.get(`/api/pipelines?q=${tokens.get(id)}`))
    const visible = ids.filter((id) => maySee(login, id))
    const stream = await readUntil(
      person,
      visible.map((id) => tokens.get(id)!),
    )
    person.unseen = ids.filter((id) => !maySee(login, id)).map((id) => tokens.get(id)!)
    for (const id of ids) {
      figures.cases += 1
      const own = answers.get(id)!
      const all = [...boards, searched.get(id)!, ...own].map(({ text }) => text).concat(stream)
      const shows = all.map((text) => text.includes(tokens.get(id)!))
      const sees = visible.includes(id)
      const statuses = own.map(({ status }) => status)
      if (statuses.every((status) => status === (sees ? 200 : 404)) && !shows.includes(!sees)) continue
      figures[sees ? 'hidden by mistake' : 'leaks'] += 1
      found.push(
        `${login}, ${tokens.get(id)}, sees it: ${sees}; shown: ${shows}; statuses: ${statuses}; stream open: ${person.stream?.isOpen()}`,
      )
    }
  }

  /** A hidden address and one that does not exist, one after the other, in any order, while nothing else is asked. */
  async function time404s({ login, visitor }: Person): Promise<void> {
    const hidden = ids.filter((id) => !maySee(login, id))
    if (hidden.length === 0) return
    const name = nameOf(random.pick(hidden))
    const missing = `acme/${'x'.repeat(name.length - 5)}`
    const path = random.pick([
      (of: string) => `/${of}`,
      (of: string) => `/${of}/issues/1`,
      (of: string) => `/api/pipelines/${of}/1`,
    ])
    for (const kind of random.chance(0.5) ? (['hidden', 'missing'] as const) : (['missing', 'hidden'] as const)) {
      const startedAt = performance.now()
      await visitor.get(path(kind === 'hidden' ? name : missing))
      timings[kind].push(performance.now() - startedAt)
    }
  }
})

/** What a person's stream has said since it was read last. */
function read({ stream }: Person): string {
  const messages = stream?.unread().splice(0) ?? []
  return messages.map(({ data }) => data).join('\n')
}

/** Everything on a stream up to the moment when it has shown all that it should. */
async function readUntil(person: Person, tokens: readonly string[]): Promise<string> {
  const giveUp = Date.now() + 30_000
  for (let text = read(person); ; text += read(person)) {
    if (Date.now() > giveUp || tokens.every((token) => text.includes(token))) return text
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const SHARES = [5, 25, 50, 75, 95, 99]

function distribution(values: readonly number[]): string {
  const sorted = values.toSorted((one, other) => one - other)
  return SHARES.map((share) => (sorted[Math.floor((sorted.length * share) / 100)] ?? 0).toFixed(1)).join(' / ')
}
