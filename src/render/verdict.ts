// The whole line at one glance, in words.
import { type LineCounts, type LineVerdict, verdictOf } from '../pipeline/view/verdict.ts'

/** The verdict on the whole line, and one line of words beside it. */
export type VerdictView = { readonly verdict: LineVerdict; readonly why: string }

export function verdictViewOf(counts: LineCounts, isBlind: boolean): VerdictView {
  const verdict = verdictOf(counts, isBlind)
  return { verdict, why: whyVerdict(verdict, counts, isBlind) }
}

function whyVerdict(verdict: LineVerdict, { open, moving, failed, held }: LineCounts, isBlind: boolean): string {
  switch (verdict) {
    case 'running':
      return 'nobody is needed'
    case 'waiting-for-you':
      return moving === 0 ? 'nothing else runs' : `${moving} ${moving === 1 ? 'runs' : 'run'} on meanwhile`
    case 'standing-still':
      if (failed > 0) return 'nothing runs before somebody looks'
      if (held > 0) return 'nothing starts before the hold is over'
      return open === 1 ? 'one waits, and nothing runs' : `${open} wait, and nothing runs`
    case 'nothing-to-do':
      return 'no issue is on the line'
    case 'cannot-know':
      return isBlind ? 'nothing from GitHub reaches Andon' : 'nothing is known of what runs'
  }
}
