import { parseComment } from '../commands/parse-commands.ts'
import type { Event } from '../pipeline/model/events.ts'
import type { DeliveryReceipt } from '../translate/fields.ts'
import type { CommentCreated } from '../translate/issue-comment.ts'
import { translate } from '../translate/translate.ts'
import { UntranslatablePayload } from '../translate/untranslatable.ts'

/** The result for a payload: an event, null when there is nothing to act on, or why it could not be read. */
export type Translation = { readonly event: Event | null; readonly failure?: string }

/** Translates a delivery. A bug of ours becomes a failure too, so that no delivery is lost to it. */
export function translateDelivery(name: string, payload: unknown, receipt: DeliveryReceipt): Translation {
  try {
    const translated = translate(name, payload, receipt)
    return { event: translated?.type === 'comment.created' ? commandsReceivedOf(translated) : translated }
  } catch (error) {
    return {
      event: null,
      failure: error instanceof UntranslatablePayload ? error.message : `the translator failed: ${error}`,
    }
  }
}

// Only the commands in a comment are stored, not the rest of its text.
function commandsReceivedOf({ body, nodeId, ...comment }: CommentCreated): Event | null {
  const { commands, ...where } = parseComment(body)
  if (commands.length === 0) return null
  // Bots do not write e-mails.
  const mayBeQuoted = where.inFirstParagraph < commands.length && !comment.bot
  return { ...comment, type: 'commands.received', commands, ...(mayBeQuoted && { emailCheck: { nodeId, ...where } }) }
}
