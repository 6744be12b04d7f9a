/** Names the first half of a surrogate pair that stands alone in a text, as protobufjs does; nothing where the text is Unicode. */
export function halfSurrogateIn(text: string): string | undefined {
  const half = /\p{Cs}/u.exec(text)?.[0];
  if (half === undefined) return undefined;
  return half < '\udc00' ? 'unpaired high surrogate' : 'unpaired low surrogate';
}
