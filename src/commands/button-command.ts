import type { Command } from './commands.ts'

/** A button of a stage's check run. */
export type Button = 'approve' | 'retry' | 'hold' | 'resume'

/** The command that a button stands for, as somebody would type it. The cord is that of the whole issue. */
export function buttonCommand(verb: Button, stage: string): Command {
  switch (verb) {
    case 'approve':
      return { verb, text: '/andon approve' }
    case 'retry':
      return { verb, stage, text: `/andon retry ${stage}` }
    case 'hold': {
      // GitHub asks for no reason when a button is clicked.
      const reason = `Hold was pressed on the check of ${stage}`
      return { verb, scope: { kind: 'issue' }, reason, text: `/andon hold ${reason}` }
    }
    case 'resume':
      return { verb, scope: { kind: 'issue' }, text: '/andon resume' }
  }
}
