// Which orders in comments are carried out on GitHub. Those that only change what Andon does are so at once (advance/reply.ts);
// one that starts or stops a run is when GitHub has that run, or no longer runs it.
import type { SwapEffect } from './model/effects.ts'
import type { Pipeline, Stage, StageCommand } from './model/pipeline.ts'
import { allAdmittedAttempts, attemptsForTrigger, hasLiveRun, isLiveAttempt, runIdOf } from './stages/attempts.ts'

/** Turns 👀 into 🚀 on every comment whose orders are all carried out. */
export function swapReactions(pipeline: Pipeline): readonly SwapEffect[] {
  const orders = [...stageOrders(pipeline), ...startOrders(pipeline)]
  const pending = new Set(orders.filter(({ isDone }) => !isDone).map(({ commentId }) => commentId))
  const comments = [...new Set(orders.map(({ commentId }) => commentId))]
  return comments
    .filter((commentId) => !pending.has(commentId))
    .flatMap((commentId): SwapEffect[] => {
      const swap = { type: 'swap', issueNumber: pipeline.issue.number, commentId } as const
      return [
        { ...swap, key: `swap/${commentId}/add`, content: 'rocket' },
        { ...swap, key: `swap/${commentId}/remove`, content: 'eyes' },
      ]
    })
}

type Order = { readonly commentId: number; readonly isDone: boolean }

function stageOrders({ stages }: Pipeline): readonly Order[] {
  return stages.flatMap((stage) =>
    (stage.commands ?? []).flatMap((command) => {
      const commentId = /^(?<comment>\d+)\/\d+$/.exec(command.id)?.groups?.comment
      const isDone = isCarriedOut(stage, command)
      return commentId === undefined || isDone === null ? [] : [{ commentId: Number(commentId), isDone }]
    }),
  )
}

/** Null for a command that is carried out at once. */
function isCarriedOut(stage: Stage, { verb, triggerId }: StageCommand): boolean | null {
  const attempts = attemptsForTrigger(stage, triggerId)
  switch (verb) {
    case 'retry':
    case 'run':
      return attempts.some((attempt) => runIdOf(attempt) !== null)
    case 'cancel':
      return attempts.every((attempt) => !isLiveAttempt(attempt) && !hasLiveRun(attempt))
    case 'start':
    case 'approve':
    case 'skip':
      return null
  }
}

/** A start is carried out by the first run after it; what ran before was not asked for by it. */
function startOrders(pipeline: Pipeline): readonly Order[] {
  const { startRequests = [] } = pipeline
  const started = allAdmittedAttempts(pipeline).filter((attempt) => runIdOf(attempt) !== null)
  const hadRun = (at: string) => started.some(({ control }) => control.admittedAt < at)
  return startRequests.flatMap(({ commentId, at }) =>
    commentId === undefined || hadRun(at) ? [] : [{ commentId, isDone: started.length > 0 }],
  )
}
