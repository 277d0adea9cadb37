// A dispatched line as the outbox sees it: the real door admits attempts, applies results, assigns runs and cancels
// duplicates.
import type { Run } from '../../../fake-github/runs.ts'
import type { DispatchOutcome } from '../../../src/pipeline/model/events.ts'
import type { AttemptControl } from '../../../src/pipeline/model/pipeline.ts'
import { describeDispatch } from '../../../src/render/dispatch-reason.ts'
import { configurationAnswer } from '../../apply/support/arrivals.ts'
import { andonYml, answerTo, applyOrThrow, claimEffects } from '../../apply/support/effect-worker.ts'
import { runOf } from '../../support/pipeline-documents.ts'
import { issueLabeled, REPOSITORY } from '../../support/pipeline-fixtures.ts'
import { commandPermission, commentCreated } from '../../support/pipeline-harness.ts'
import { type OutboxWorld, openOutboxWorld } from './outbox-world.ts'

export type DispatchWorld = {
  readonly world: OutboxWorld
  /** Every run that GitHub has started. */
  readonly runs: readonly Run[]
  /** The outcome of each attempt, by key, as the door applied it. */
  readonly results: ReadonlyMap<string, readonly DispatchOutcome[]>
  /** Queues an attempt at `plan`, to be dispatched at once; resolves to its key. */
  admit(issueNumber: number): Promise<string>
  /** A person cancels the attempt before its run is known. */
  cancel(issueNumber: number): Promise<void>
  /** With its reason as text. */
  lastResult(key: string): DispatchOutcomeInWords | undefined
  /** The run of an attempt, and the state of its dispatch. */
  control(key: string): Promise<AttemptControl | null>
  /** The live runs of an attempt, by the key they were dispatched with. */
  liveRuns(key: string): readonly Run[]
  /** The key that a run was dispatched with, whatever its title says. */
  keyOf(run: Run): string
  /** Completes every adopted run with success and delivers that: their slots are free again. */
  finishRuns(): Promise<void>
  /** Whether the workflow's run-name echoes the key. */
  echoKey(echoes: boolean): void
  effects(): Promise<readonly { key: string; type: string; state: string; tries: number; error: string | null }[]>
}

const PLAN_ANDON_YML = `${andonYml({ stages: ['plan'], running: 100, attempts: 1 })}checks: { before_pull_request: off }\ncomments: off\n`

export async function openDispatchWorld(): Promise<DispatchWorld> {
  const world = await openOutboxWorld()
  const { github, door, clock } = world
  const results = new Map<string, DispatchOutcome[]>()
  const keys = new Map<Run, string>()
  github.onDispatch((run, { andon = '' }) => keys.set(run, andon))
  const apply = world.onArrival
  world.onArrival = async (arrival, at) => {
    const result = await apply(arrival, at)
    const { event } = arrival
    if (!result.duplicate && event?.type === 'dispatch.updated')
      results.set(event.key, [...(results.get(event.key) ?? []), event.outcome])
    return result
  }
  await applyOrThrow(door, configurationAnswer(PLAN_ANDON_YML, { at: clock.now() }))

  const lines: DispatchWorld = {
    world,
    runs: github.runs,
    results,
    lastResult: (key) => results.get(key)?.map(outcomeInWords).at(-1),
    keyOf: (run) => keys.get(run) ?? '',
    liveRuns: (key) => github.runs.filter((run) => keys.get(run) === key && run.state.status !== 'completed'),
    async admit(issueNumber) {
      await github.openIssue(REPOSITORY.fullName, { title: `Issue ${issueNumber}`, number: issueNumber })
      await applyOrThrow(door, issueLabeled({ number: issueNumber, at: clock.now() }))
      for (const { effect, ...held } of await claimEffects(world.database, 10, 'ask')) {
        if (effect.type !== 'ask') continue
        const answer = answerTo({ ...held, effect }, PLAN_ANDON_YML, clock.now(), REPOSITORY)
        await applyOrThrow(door, answer, held)
      }
      const [attempt] = (await pipelineOf(issueNumber)).stages[0]?.attempts ?? []
      if (!attempt?.key) throw new Error(`issue ${issueNumber} was not given an attempt`)
      return attempt.key
    },
    async cancel(issueNumber) {
      const given = commentCreated('/andon cancel', { on: issueNumber, at: clock.now() })
      await applyOrThrow(door, commandPermission(given))
    },
    async control(key) {
      const { stages } = await pipelineOf(Number.parseInt(key, 10))
      return stages[0]?.attempts.find((attempt) => attempt.key === key)?.control ?? null
    },
    async finishRuns() {
      for (const run of github.runs.filter(({ state }) => state.status !== 'completed')) {
        run.succeed()
        const at = clock.now()
        const ended = { status: 'completed', conclusion: 'success', startedAt: at, updatedAt: at } as const
        const fact = runOf(run.id, { title: run.state.title, workflow: 'plan.yml', ...ended })
        await applyOrThrow(door, {
          type: 'run.changed',
          at,
          evidence: fact.evidence,
          repository: REPOSITORY,
          run: fact,
        })
      }
    },
    echoKey(echoes) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of GitHub, not of ours.
      const name = echoes ? 'run-name: "andon ${{ inputs.andon }}"\n' : 'name: plan\n'
      const inputs = 'on: { workflow_dispatch: { inputs: { issue: {}, andon: {} } } }\n'
      github.writeFile(REPOSITORY.fullName, '.github/workflows/plan.yml', name + inputs)
    },
    async effects() {
      return await world.database.kysely
        .selectFrom('effects')
        .select(['key', 'type', 'state', 'tries', 'error'])
        .where('type', 'in', ['dispatch', 'cancel'])
        .orderBy('id')
        .execute()
    },
  }
  lines.echoKey(true)
  return lines

  async function pipelineOf(issueNumber: number) {
    const { document } = await world.database.kysely
      .selectFrom('pipelines')
      .select('document')
      .where('issueNumber', '=', issueNumber)
      .executeTakeFirstOrThrow()
    return document
  }
}

/** The outcome of sending an attempt, as text. */
export function outcomeInWords(outcome: DispatchOutcome) {
  if (!('reason' in outcome)) return outcome
  const { reason, ...rest } = outcome
  return { ...rest, message: describeDispatch(reason) }
}

type DispatchOutcomeInWords = ReturnType<typeof outcomeInWords>
