// Which comments and check runs must show a pipeline on GitHub now. Rendering them is not done here.
import { currentPullRequest, issueOfBranch } from '../facts/correlate.ts'
import { decidingPullRequests } from '../facts/standing.ts'
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

/** May comments of Andon's own, which nobody asked for, be on the issue? */
export function mayComment(pipeline: Pipeline): boolean {
  return pipeline.removed === null && pipeline.line.comments !== 'off' && !isUnauthorizedStart(pipeline)
}

/** Anybody may comment: nothing is published for a command until a sender who may write has asked for the start. */
function isUnauthorizedStart(pipeline: Pipeline): boolean {
  const isBare =
    decidingPullRequests(pipeline).length === 0 && pipeline.stages.every(({ attempts }) => attempts.length === 0)
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
  return pipeline.stages.filter(hasContent).flatMap((stage) => {
    const [sha, shaOrigin] = checkTarget(pipeline, stage)
    return sha === null ? [] : [{ key: `check/${stage.name}/${sha}`, kind: 'check', stage: stage.name, sha, shaOrigin }]
  })
}

function hasContent({ status, since, attempts }: Stage): boolean {
  return status !== 'idle' || since !== null || attempts.length > 0
}

/** The head of the pull request; before there is one, that of the work branch; before that, where the stage started. */
function checkTarget(pipeline: Pipeline, stage: Stage): readonly [Surface['sha'], Surface['shaOrigin']] {
  const pullRequest = currentPullRequest(pipeline)
  if (pullRequest !== null) return [pullRequest.headSha, 'pull_request']
  const runs = pipeline.stages.flatMap(runsOf).filter(({ branch }) => branch !== null && issueOfBranch(branch) !== null)
  const newest = runs.toSorted((a, b) => a.id - b.id).at(-1)
  if (newest !== undefined) return [newest.headSha, 'work_branch']
  const isShown = pipeline.line.checksBeforePullRequest !== 'off'
  return [isShown ? (runsOf(stage)[0]?.headSha ?? pipeline.baseSha) : null, 'default_branch']
}

function runsOf({ attempts }: Stage): readonly RunFact[] {
  return attempts.flatMap(({ run }) => run ?? [])
}
