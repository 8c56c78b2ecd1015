/** Gives the browser a file that was made here. */
export function download(name: string, type: string, content: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  // The download has its own hold on the content by the next turn.
  setTimeout(() => { URL.revokeObjectURL(link.href); });
}
