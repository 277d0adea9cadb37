// Owners rename, transfer, hide, archive and delete repositories, and suspend, remove and install the App again. GitHub's
// deliveries about it come in any order, any number of times, before and after its answers.
import { expect, test } from 'vitest'
import { type SeededRandom, seededRandom } from '../../fake-github/random.ts'
import type { Event, RepositoryRef } from '../../src/pipeline/model/events.ts'
import type { RepositoryDescription } from '../../src/pipeline/model/questions.ts'
import type { Instant } from '../../src/pipeline/model/time.ts'
import { type AskedEffect, inMemoryWorld } from '../support/in-memory-world.ts'
import { randomSeed, recordMeasurements, repetitions } from '../support/measurements.ts'
import { deliveryEvidence, issueChanged, minutesAfterNine, REPOSITORY } from '../support/pipeline-fixtures.ts'

const SHUFFLES = repetitions(200, 10_000)
const CHANGES = 14
/** Known from its first delivery on. */
const UNKNOWN_ID = 3

test('deliveries about repositories and installations, in any order, any of them again, end as GitHub says it is', () => {
  let delivered = 0
  let asked = 0
  const ends = { gone: 0, suspended: 0, moved: 0 }
  for (let seed = 1; seed <= SHUFFLES; seed++) {
    const chance = seededRandom(randomSeed(seed))
    const github = ownersAtWork(chance)
    const again = github.deliveries.flatMap((event) => Array.from({ length: 1 + chance.integer(3) }, () => event))
    const world = inMemoryWorld(github.known[0], { others: github.known.slice(1) })
    const questions: AskedEffect[] = []
    const apply = (event: Event) => questions.push(...world.apply(event).filter(({ type }) => type === 'ask'))
    const answerOne = () => {
      const [question] = questions.splice(chance.integer(questions.length), 1)
      const answer = question && github.answer(question)
      if (answer) apply(answer)
      asked += answer ? 1 : 0
    }
    for (const delivery of chance.shuffle(again)) {
      apply(delivery)
      while (questions.length > 0 && chance.next() < 0.3) answerOne()
    }
    while (questions.length > 0) answerOne()
    delivered += again.length
    for (const repository of world.repositories) {
      const truth = github.truthOf(repository.id)
      // What GitHub shows nobody while it is suspended is asked when that ends.
      const installation = world.installations.find(({ id }) => id === repository.installationId)
      if (github.isSuspended(repository.installationId)) {
        ends.suspended += 1
        expect(installation?.state, `seed ${seed}`).toBe('suspended')
        continue
      }
      const isThere = repository.removedAt === null
      expect(isThere, `seed ${seed}: repository ${repository.id} is there`).toBe(truth.isThere)
      if (!truth.isThere) ends.gone += 1
      if (!truth.isThere) continue
      const { fullName, private: isPrivate, defaultBranch, installationId } = repository
      expect({ fullName, private: isPrivate, defaultBranch, installationId }, `seed ${seed}`).toEqual(truth.described)
      if (installationId !== REPOSITORY.installationId) ends.moved += 1
      expect(installation?.state ?? 'active', `seed ${seed}: installation ${installationId}`).toBe('active')
    }
  }
  expect(Math.min(...Object.values(ends))).toBeGreaterThan(0)
  recordMeasurements('redelivered-late', {
    ...{ faults: SHUFFLES, wrong: 0, deliveries: delivered, 'questions answered': asked },
    ...{
      'repositories gone in the end': ends.gone,
      'suspended in the end': ends.suspended,
      'moved in the end': ends.moved,
    },
  })
}, 900_000)

type Repository = Omit<RepositoryDescription, 'defaultBranch'> & { defaultBranch: string; installation: number | null }

/** A GitHub whose owners change something now and then, often twice within one of its seconds. */
function ownersAtWork(chance: SeededRandom) {
  const deliveries: Event[] = []
  const installations = new Map<number, 'active' | 'suspended'>([[REPOSITORY.installationId, 'active']])
  const repositories = new Map<number, Repository>()
  let lastInstallation = 20
  let seconds = 0
  let guid = 0
  const now = (): Instant => new Date(Date.UTC(2026, 10, 21, 9, 0, seconds)).toISOString()
  const received = () => new Date(Date.UTC(2026, 10, 21, 9, 0, seconds, ++guid)).toISOString()
  const evidence = () => deliveryEvidence(received(), `guid-${guid}`)
  const refOf = (id: number, { installation, archived: _, ...described }: Repository): RepositoryRef => {
    return { id, ...described, installationId: installation ?? REPOSITORY.installationId }
  }
  const undated = ({ updatedAt: _, ...ref }: RepositoryRef): RepositoryRef => ({ ...ref, defaultBranch: null })
  const send = (id: number, type: 'repository.changed' | 'repository.removed') => {
    const repository = repositories.get(id)
    const isDelivered = repository?.installation != null && installations.get(repository.installation) === 'active'
    if (repository && isDelivered)
      deliveries.push({ type, at: now(), evidence: evidence(), repository: refOf(id, repository) })
  }
  const install = (
    installationId: number,
    state: 'active' | 'suspended' | 'removed',
    added: number[],
    removed: number[],
  ) => {
    const account = 'acme'
    const refs = (ids: number[]) =>
      ids.flatMap((id) => {
        const repository = repositories.get(id)
        return repository ? undated({ ...refOf(id, repository), installationId }) : []
      })
    deliveries.push({
      ...{ type: 'installation.changed', at: received(), evidence: evidence(), installationId, account, state },
      ...{ added: refs(added), removed: refs(removed).map((ref) => ({ id: ref.id, ref })) },
    })
  }
  const change = (id: number, parts: Partial<Repository>, type: Parameters<typeof send>[1] = 'repository.changed') => {
    const repository = repositories.get(id)
    if (repository) repositories.set(id, { ...repository, ...parts, updatedAt: now() })
    send(id, type)
  }
  const owners: ((id: number) => void)[] = [
    (id) => change(id, { fullName: `acme/${chance.pick(['widgets', 'gadgets', 'gizmos'])}-${id}` }),
    (id) => change(id, { private: chance.next() < 0.5 }),
    (id) => change(id, { defaultBranch: chance.pick(['main', 'trunk']) }),
    (id) => change(id, { archived: true }, 'repository.removed'),
    (id) => change(id, { archived: false }),
    (id) => {
      const repository = repositories.get(id)
      if (
        repository?.archived === false &&
        repository.installation !== null &&
        installations.get(repository.installation) === 'active'
      )
        deliveries.push({ ...issueChanged({ at: now() }), evidence: evidence(), repository: refOf(id, repository) })
    },
    (id) => {
      send(id, 'repository.removed')
      repositories.delete(id)
    },
    (id) => {
      const was = repositories.get(id)?.installation ?? null
      if (was === null || !installations.has(was)) return
      install(was, installations.get(was) ?? 'active', [], [id])
      const repository = repositories.get(id)
      if (repository) repositories.set(id, { ...repository, installation: null })
    },
    (id) => {
      const repository = repositories.get(id)
      const [installationId] = [...installations.keys()]
      if (!repository || repository.installation !== null || installationId === undefined) return
      repositories.set(id, { ...repository, installation: installationId })
      install(installationId, installations.get(installationId) ?? 'active', [id], [])
    },
    () => toggle('suspended'),
    () => toggle('active'),
    () => {
      const [installationId] = [...installations.keys()]
      if (installationId === undefined) return
      const reached = [...repositories].filter(([, { installation }]) => installation === installationId)
      install(
        installationId,
        'removed',
        [],
        reached.map(([id]) => id),
      )
      installations.delete(installationId)
      for (const [id, repository] of reached) repositories.set(id, { ...repository, installation: null })
      if (chance.next() < 0.3) return
      const next = ++lastInstallation
      installations.set(next, 'active')
      for (const [id, repository] of reached) repositories.set(id, { ...repository, installation: next })
      install(
        next,
        'active',
        reached.map(([id]) => id),
        [],
      )
    },
  ]
  function toggle(state: 'active' | 'suspended') {
    const [installationId] = [...installations.keys()]
    if (installationId === undefined || installations.get(installationId) === state) return
    installations.set(installationId, state)
    install(installationId, state, [], [])
  }

  for (const id of [REPOSITORY.id, 2, UNKNOWN_ID]) {
    const { fullName, defaultBranch, installationId: installation } = REPOSITORY
    const named = {
      fullName: `${fullName}-${id}`,
      private: false,
      archived: false,
      defaultBranch: defaultBranch ?? 'main',
    }
    repositories.set(id, { ...named, updatedAt: now(), installation })
    send(id, 'repository.changed')
  }
  const known = [REPOSITORY.id, 2].flatMap((id) => {
    const repository = repositories.get(id)
    return repository ? undated(refOf(id, repository)) : []
  })
  for (let changes = 0; changes < CHANGES; changes++) {
    if (chance.next() < 0.6) seconds += 1
    const id = chance.pick([...repositories.keys(), REPOSITORY.id])
    const installation = repositories.get(id)?.installation ?? null
    // Nothing is delivered while the App is suspended: what is known is asked about later, and the rest rests.
    const isHidden = installation === null || installations.get(installation) !== 'active'
    if (id !== UNKNOWN_ID || !isHidden) chance.pick(owners)(id)
  }

  let reads = 0
  return {
    known,
    deliveries,
    /** What GitHub answers after all of it. */
    answer({ key, repositoryId, ...effect }: AskedEffect): Event | null {
      if (effect.type !== 'ask') return null
      const at = new Date(Date.parse(minutesAfterNine(60)) + ++reads).toISOString()
      const base = { type: 'question.answered', at, evidence: { kind: 'read', id: key, at } } as const
      const repository = { ...REPOSITORY, id: repositoryId }
      const { question } = effect
      if (question.about === 'installation') {
        const state = installations.get(question.installationId) ?? 'removed'
        const account = state === 'removed' ? null : 'acme'
        return { ...base, repository, question, answer: { about: 'installation', state, account } }
      }
      if (question.about !== 'repository') return null
      const there = repositories.get(repositoryId)
      const id = there?.installation ?? null
      const state = id === null ? undefined : installations.get(id)
      if (there === undefined || id === null || state === undefined)
        return { ...base, repository, question, answer: { about: 'repository', installation: null, description: null } }
      const { installation: _, ...described } = there
      const description = state === 'active' ? described : null
      return {
        ...base,
        repository,
        question,
        answer: { about: 'repository', installation: { id, account: 'acme', state }, description },
      }
    },
    isSuspended: (installationId: number) => installations.get(installationId) === 'suspended',
    truthOf(id: number) {
      const repository = repositories.get(id)
      const installation = repository?.installation == null ? undefined : installations.get(repository.installation)
      if (!repository || installation === undefined) return { isThere: false } as const
      const { archived, updatedAt: _, installation: installationId, ...described } = repository
      const isThere = !archived
      return { isThere, described: { ...described, installationId } } as const
    },
  }
}
