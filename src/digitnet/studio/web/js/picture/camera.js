/** A photo from the camera: a live view where the browser gives one, the system's own camera otherwise. */

import { notify } from "../announce.js";
import { h } from "../dom.js";

const WIDEST = 1600; // pixels: more than enough for a page of digits, and quickly sent

/** Whether this browser shows a live view: only over https or on this machine. */
export const hasLiveCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

/**
 * Show what the camera sees, and take a photo when asked to.
 *
 * @param {(photo: Blob) => void} take
 */
export async function openCamera(take) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: WIDEST } }, audio: false,
    });
  } catch (error) {
    return notify(reason(/** @type {DOMException} */ (error)), { kind: "error" });
  }
  const video = h("video", { autoplay: true, playsinline: true, muted: true, "aria-label": "What the camera sees" });
  video.muted = true;
  video.srcObject = stream;
  const shoot = h("button", { type: "button", class: "button primary", onclick: async () => {
    const photo = await photoOf(video);
    dialog.close();
    if (photo) take(photo);
  } }, "Take the photo");
  const cancel = h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel");
  const dialog = h("dialog", { class: "camera", "aria-labelledby": "camera-title",
    onclose: () => {
      stream.getTracks().forEach((track) => track.stop());
      dialog.remove();
    } },
  h("h2", { id: "camera-title" }, "Hold the digits into the light"), video, h("div", { class: "buttons" }, shoot, cancel));
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * @param {HTMLVideoElement} video
 * @returns {Promise<Blob | null>}
 */
function photoOf(video) {
  const scale = Math.min(1, WIDEST / Math.max(video.videoWidth, video.videoHeight, 1));
  const canvas = h("canvas", { width: Math.round(video.videoWidth * scale), height: Math.round(video.videoHeight * scale) });
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}

/** @param {DOMException} error */
function reason(error) {
  if (error.name === "NotFoundError") return "There is no camera here. Choose a picture instead.";
  if (error.name === "NotAllowedError") return "The browser was not allowed to use the camera. Choose a picture instead.";
  return `The camera does not answer: ${error.message}`;
}
