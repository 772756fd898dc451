// @ts-check
// Okabe-Ito colours, told apart with any kind of colour vision; the same as in recorded videos.
export const COLOURS = {
  left: "#56b4e9", right: "#e69f00", middle: "#ffffff", dark: "#101216", mild: "#f0e442", marked: "#c41454",
};
