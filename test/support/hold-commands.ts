// Hold and release commands of a pipeline, and their answers.
import { contextOf } from '../../src/pipeline/commands/authorized-commands.ts'
import { runCommands } from '../../src/pipeline/commands/run-commands.ts'
import { NO_OUTER_HOLDS } from '../../src/pipeline/holds/holds.ts'
import type { HoldOrRelease, OuterHolds } from '../../src/pipeline/model/hold.ts'
import { describeCommandAnswer } from '../../src/render/command-result.ts'
import { minutesAfterNine } from './pipeline-fixtures.ts'
import { commandPermission, commentCreated, type PipelineHarness } from './pipeline-harness.ts'

let lastCommentId = 3000

/** Mara, who may write, sends the command, and GitHub confirms that she may. */
export function runHoldCommand(
  line: PipelineHarness,
  body: string,
  at = minutesAfterNine(20),
  outerHolds: OuterHolds = NO_OUTER_HOLDS,
): string {
  lastCommentId += 1
  const comment = commentCreated(body, { at, commentId: lastCommentId })
  const answer = commandPermission(comment)
  const context = contextOf(answer, line.pipeline.line, { outerHolds: () => outerHolds })
  const outcomes = runCommands(line.pipeline, answer, context)?.outcomes ?? []
  line.apply(comment).applyIn(context, answer)
  return outcomes
    .map(({ result }) => {
      if (result === null || result.outcome === 'answered_in_reply') return 'not heard'
      return `${result.outcome}: ${describeCommandAnswer(result).message}`
    })
    .join('\n')
}

function holdBy(
  place: HoldOrRelease['place'],
  reason: string | null,
  by = 'ada',
  since = minutesAfterNine(10),
): HoldOrRelease {
  return { place, by, reason, since, evidence: { kind: 'command', id: '77', at: since } }
}

export const REPOSITORY_HOLD = holdBy({ kind: 'repository' }, 'release week')
export const GLOBAL_HOLD = holdBy({ kind: 'everything' }, 'GitHub is down', 'root')
