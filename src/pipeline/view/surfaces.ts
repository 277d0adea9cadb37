// Which comments and check runs must show a pipeline on GitHub now. Rendering them is not done here.
import { issueOfBranch } from '../facts/correlate.ts'
import { currentPullRequest } from '../facts/current-pull-request.ts'
import type { RunFact } from '../model/facts.ts'
import type { Pipeline, Stage } from '../model/pipeline.ts'
import { startAuthorization } from '../stages/pipeline-start.ts'
import { headlineOf } from './light.ts'

/** A place on GitHub where one stage is shown. */
export type Surface = {
  /** `comment/plan`, `check/plan/<sha>`. */
  readonly key: string
  readonly kind: 'comment' | 'check'
  readonly stage: string
  readonly sha: string | null
  readonly shaOrigin: 'pull_request' | 'work_branch' | 'default_branch' | null
}

/** Every surface that shows the pipeline; none once its issue is gone. */
export function surfacesOf(pipeline: Pipeline): readonly Surface[] {
  if (pipeline.removed !== null || isUnauthorizedStart(pipeline)) return []
  return [...commentSurfaces(pipeline), ...checkSurfaces(pipeline)]
}

/** Anybody may comment: nothing is published for a command until a sender who may write has asked for the start. */
function isUnauthorizedStart(pipeline: Pipeline): boolean {
  const isBare = pipeline.pullRequests.length === 0 && pipeline.stages.every(({ attempts }) => attempts.length === 0)
  return pipeline.start.by === 'command' && isBare && startAuthorization(pipeline).state !== 'granted'
}

function commentSurfaces(pipeline: Pipeline): readonly Surface[] {
  const { comments } = pipeline.line
  if (comments === 'off') return []
  const comment = { kind: 'comment', sha: null, shaOrigin: null } as const
  if (comments === 'one') return [{ ...comment, key: 'comment/line', stage: headlineOf(pipeline).stage }]
  return pipeline.stages.filter(hasContent).map(({ name }) => ({ ...comment, key: `comment/${name}`, stage: name }))
}

function checkSurfaces(pipeline: Pipeline): readonly Surface[] {
  const shared = sharedTarget(pipeline)
  return pipeline.stages.filter(hasContent).flatMap((stage) => {
    const target = shared ?? stageTarget(pipeline, stage)
    return target === null
      ? []
      : [{ key: `check/${stage.name}/${target.sha}`, kind: 'check', stage: stage.name, ...target }]
  })
}

function hasContent({ status, since, attempts }: Stage): boolean {
  return status !== 'idle' || since !== null || attempts.length > 0
}

type CheckTarget = Pick<Surface, 'shaOrigin'> & { readonly sha: string }

/** The head of the pull request; before there is one, that of the work branch. */
function sharedTarget(pipeline: Pipeline): CheckTarget | null {
  const pullRequest = currentPullRequest(pipeline)
  if (pullRequest !== null) return { sha: pullRequest.headSha, shaOrigin: 'pull_request' }
  const runs = pipeline.stages.flatMap(runsOf).filter(({ branch }) => branch !== null && issueOfBranch(branch) !== null)
  const newest = runs.toSorted((a, b) => a.id - b.id).at(-1)
  return newest === undefined ? null : { sha: newest.headSha, shaOrigin: 'work_branch' }
}

/** Before both, the commit at which the stage started. */
function stageTarget({ line, baseSha }: Pipeline, stage: Stage): CheckTarget | null {
  if (line.checksBeforePullRequest === 'off') return null
  const sha = runsOf(stage)[0]?.headSha ?? baseSha
  return sha === null ? null : { sha, shaOrigin: 'default_branch' }
}

function runsOf({ attempts }: Stage): readonly RunFact[] {
  return attempts.flatMap(({ run }) => run ?? [])
}
