import type { Command } from './commands.ts'

/** The command that a button of a stage's check run stands for, as somebody would type it. */
export function buttonCommand(verb: 'retry' | 'approve', stage: string): Command {
  return verb === 'retry' ? { verb, stage, text: `/andon retry ${stage}` } : { verb, text: '/andon approve' }
}
