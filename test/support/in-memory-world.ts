// The rows that events read and change, in maps instead of tables. It stores and looks up; `advance` does the rest.

import { advance } from '../../src/advance/advance.ts'
import type { Write } from '../../src/advance/change.ts'
import { newRepository } from '../../src/advance/repositories.ts'
import type {
  BoundRunRow,
  InstallationRow,
  PipelineRow,
  PullRequestRow,
  RepositoryRow,
  RunRow,
} from '../../src/advance/rows.ts'
import { isPullRequestOf, isPullRequestOn, isRunOf, isRunOn, type World } from '../../src/advance/world.ts'
import type { Line } from '../../src/line/line.ts'
import { activeHold } from '../../src/pipeline/holds/holds.ts'
import type { Effect } from '../../src/pipeline/model/effects.ts'
import type { Event, RepositoryRef } from '../../src/pipeline/model/events.ts'
import type { Pipeline } from '../../src/pipeline/model/pipeline.ts'
import { awaitsLine } from '../../src/pipeline/stages/pipeline-start.ts'
import { awaitsWorkflow } from '../../src/pipeline/stages/refusals.ts'
import { expectMoving, usersAsked } from './expect-moving.ts'
import { REPOSITORY } from './pipeline-fixtures.ts'

/** An effect, and the repository that it concerns. */
export type AskedEffect = Effect & { readonly repositoryId: number }

export type InMemoryWorld = {
  readonly world: World
  /** Applies one event; returns the questions that it asks for the first time. */
  apply(event: Event): readonly AskedEffect[]
  /** The pipelines of the first repository, by issue. */
  readonly pipelines: ReadonlyMap<number, Pipeline>
  readonly repositories: readonly RepositoryRow[]
  readonly installations: readonly InstallationRow[]
  readonly publishedComments: ReadonlySet<number>
  /** A copy in the same state, which continues on its own. */
  clone(): InMemoryWorld
  /** The whole state: two worlds with the same text behave the same. */
  serialize(): string
}

/** What is known before any event. */
type Beginning = {
  /** The content of the repository's file, if it was read. */
  readonly line?: Line
  /** Other repositories that Andon reaches. */
  readonly others?: readonly RepositoryRef[]
  /** Comments that Andon has written. */
  readonly publishedComments?: readonly number[]
}

/** A repository that Andon reaches. */
export function inMemoryWorld(
  repository: RepositoryRef = REPOSITORY,
  { line, others = [], publishedComments = [] }: Beginning = {},
): InMemoryWorld {
  const rows = [repository, ...others].map((ref) => newRepository(ref))
  const known = rows.map(
    (row) => [row.id, line && row.id === repository.id ? { ...row, configuration: line } : row] as const,
  )
  return worldOf(repository, {
    ...emptyTables(),
    repositories: new Map(known),
    publishedComments: new Set(publishedComments),
  })
}

type Tables = ReturnType<typeof emptyTables>

function emptyTables() {
  return {
    repositories: new Map<number, RepositoryRow>(),
    installations: new Map<number, InstallationRow>(),
    runs: new Map<number, RunRow>(),
    boundRuns: new Map<number, BoundRunRow>(),
    pullRequests: new Map<string, PullRequestRow>(),
    pipelines: new Map<string, PipelineRow>(),
    effects: new Map<string, Effect>(),
    answered: new Set<string>(),
    publishedComments: new Set<number>(),
  }
}

function worldOf(repository: RepositoryRef, tables: Tables): InMemoryWorld {
  const {
    repositories,
    installations,
    runs,
    boundRuns,
    pullRequests,
    pipelines,
    effects,
    answered,
    publishedComments,
  } = tables
  const world: World = {
    repository: (id) => repositories.get(id) ?? null,
    repositoriesOf: (id) => [...repositories.values()].filter(({ installationId }) => installationId === id),
    repositoriesWithoutFile: () => [],
    installation: (id) => installations.get(id) ?? null,
    run: (id) => runs.get(id) ?? null,
    runsOf: (key) => [...runs.values()].filter((row) => isRunOf(row, key)),
    runsOn: (key) => [...runs.values()].filter((row) => isRunOn(row, key)),
    boundRun: (id) => boundRuns.get(id) ?? null,
    pullRequest: ({ repositoryId, number }) => pullRequests.get(`${repositoryId}/${number}`) ?? null,
    pullRequestsOf: (key) => [...pullRequests.values()].filter((row) => isPullRequestOf(row, key)),
    pullRequestsOn: (key) => [...pullRequests.values()].filter((row) => isPullRequestOn(row, key)),
    pipeline: ({ repositoryId, issueNumber }) => pipelines.get(`${repositoryId}/${issueNumber}`) ?? null,
    pipelineById: (id) => [...pipelines.values()].find((row) => row.id === id) ?? null,
    hasPipelines: (id) => pipelinesIn(id).length > 0,
    issuesAwaitingLine: (id) => pipelinesIn(id).flatMap((row) => (awaitsLine(row.pipeline) ? row.issueNumber : [])),
    issuesAwaitingWorkflow: (id) =>
      pipelinesIn(id).flatMap((row) => (awaitsWorkflow(row.pipeline) ? row.issueNumber : [])),
    globalHold: () => null,
    heartbeats: () => ({}),
    presence: () => [],
    isPublishedCheckRun: () => false,
    isPublishedComment: ({ commentId }) => publishedComments.has(commentId),
  }

  function pipelinesIn(id: number): readonly PipelineRow[] {
    return [...pipelines.values()].filter(({ repositoryId }) => repositoryId === id)
  }

  function put(write: Write): readonly AskedEffect[] {
    switch (write.put) {
      case 'repository':
        repositories.set(write.row.id, write.row)
        return []
      case 'installation':
        installations.set(write.row.id, write.row)
        return []
      case 'run':
        runs.set(write.row.run.id, write.row)
        return []
      case 'bound-run':
        boundRuns.set(write.row.runId, write.row)
        return []
      case 'pull-request':
        pullRequests.set(`${write.row.repositoryId}/${write.row.fact.number}`, write.row)
        return []
      case 'pipeline':
        pipelines.set(`${write.row.repositoryId}/${write.row.issueNumber}`, {
          ...write.row,
          id: write.row.id ?? pipelines.size + 1,
        })
        return []
      case 'comment-gone':
        publishedComments.delete(write.commentId)
        return []
      case 'effect': {
        const key = `${write.repositoryId} ${write.effect.key}`
        const isKnown = effects.has(key)
        effects.set(key, write.effect)
        return isKnown ? [] : [{ ...write.effect, repositoryId: write.repositoryId }]
      }
      default:
        return []
    }
  }

  return {
    world,
    publishedComments,
    apply(event) {
      const asked = advance(world, event).flatMap(put)
      if (event.type === 'question.answered') answered.add(event.evidence.id)
      for (const { pipeline, repositoryId } of pipelines.values()) {
        const isHeldAround = activeHold(repositories.get(repositoryId)?.holdOrRelease) !== null
        const isAsked = (login: string) => usersAsked(effects.values(), answered).has(login)
        expectMoving(pipeline, event.at, { isHeldAround, isAsked, isAdmitted: true })
      }
      return asked
    },
    get pipelines() {
      return new Map(pipelinesIn(repository.id).map(({ issueNumber, pipeline }) => [issueNumber, pipeline]))
    },
    get repositories() {
      return [...repositories.values()]
    },
    get installations() {
      return [...installations.values()]
    },
    clone: () =>
      worldOf(repository, {
        repositories: new Map(repositories),
        installations: new Map(installations),
        runs: new Map(runs),
        boundRuns: new Map(boundRuns),
        pullRequests: new Map(pullRequests),
        pipelines: new Map(pipelines),
        effects: new Map(effects),
        answered: new Set(answered),
        publishedComments: new Set(publishedComments),
      }),
    serialize: () => JSON.stringify(Object.values(tables).map((table) => [...table])),
  }
}
