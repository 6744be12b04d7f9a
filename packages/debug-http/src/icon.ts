/** Is the icon of the page: a flag on a pole. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#3b5bdb"/><path d="M10 6v21" stroke="#fff" stroke-width="2.5" stroke-linecap="round"/><path d="M11 8c4-3 7 2 12-1v9c-5 3-8-2-12 1z" fill="#fff"/></svg>
`;
