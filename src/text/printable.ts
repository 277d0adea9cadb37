/** What GitHub or a stranger wrote may carry escape sequences that a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '�')
}
