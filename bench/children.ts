// Processes that a measurement starts, which send it messages.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

export async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message')
  return message as T
}

/** One after the other: those that read before what they read from. */
export async function endChildren(children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) {
    const exited = once(child, 'exit')
    child.kill()
    await exited
  }
}
