/** Is one command of a guide, with a line of what it answers. */
export interface Step {
  readonly command: string;
  readonly answer: string | undefined;
}

/** Finds the commands below some headings: the lines of their `sh` blocks, each with the `#=>` that follows it. */
export function stepsOf(markdown: string, headings: readonly string[]): readonly Step[] {
  return headings.flatMap((heading) => {
    const blocks = sectionOf(markdown, heading).matchAll(/^```sh\n(.*?)^```/gms);
    return Array.from(blocks).flatMap(([, block = '']) =>
      Array.from(block.matchAll(/^(?!#)(.+)\n(?:#=> (.+)\n)?/gm), ([, command = '', answer]) => ({ command, answer })),
    );
  });
}

/** Takes what stands below a heading of the second level. @throws {Error} when there is none. */
function sectionOf(markdown: string, heading: string): string {
  const [, section] = markdown.split(`\n## ${heading}\n`);
  if (section === undefined) throw new Error(`the guide has no section "${heading}"`);
  return section.split('\n## ')[0] ?? '';
}
