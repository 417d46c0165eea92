"""A WHIP encoder and a WHEP player on aiortc: ICE, DTLS, SRTP, RTP and codecs of another make than ours.

client.py push URL TOKEN CODEC   sends a test picture (video/VP8 or video/H264) and a tone until standard input ends
client.py watch URL TOKEN        receives until it decoded pictures and sound, then prints what they were as JSON
"""
import array
import asyncio
import json
import sys
import urllib.request

import aioice.ice
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaPlayer
from aiortc.rtcrtpsender import RTCRtpSender

FRAMES = 60
PATIENCE = 20  # seconds

# The server under test is on loopback, which aioice leaves out.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


def call(method, url, token, body=None):
    headers = {"Authorization": "Bearer " + token}
    if body is not None:
        headers["Content-Type"] = "application/sdp"
    request = urllib.request.Request(url, method=method, headers=headers, data=body)
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.status, response.headers, response.read().decode()


async def knock(pc, url, token):
    """Offers, takes the answer and gives the session's address."""
    await pc.setLocalDescription(await pc.createOffer())
    offer = pc.localDescription.sdp.encode()
    status, headers, answer = await asyncio.get_running_loop().run_in_executor(None, call, "POST", url, token, offer)
    assert status == 201, status
    await pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
    return headers["Location"]


async def push(url, token, codec):
    pc = RTCPeerConnection()
    picture = MediaPlayer("testsrc2=size=640x360:rate=20", format="lavfi")
    tone = MediaPlayer("sine=frequency=440:sample_rate=48000", format="lavfi")
    video = pc.addTransceiver(picture.video, direction="sendonly")
    wanted = [c for c in RTCRtpSender.getCapabilities("video").codecs if c.mimeType in (codec, "video/rtx")]
    video.setCodecPreferences(wanted)
    pc.addTransceiver(tone.audio, direction="sendonly")
    session = await knock(pc, url, token)
    print("connected", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.get_running_loop().run_in_executor(None, call, "DELETE", session, token)
    await pc.close()


def describe(frames):
    """Sums decoded frames up; spread tells a picture from a grey one, peak a tone from silence."""
    last = frames[-1]
    if hasattr(last, "width"):
        line = bytes(last.planes[0])[: last.width * last.height]
        return {"frames": len(frames), "w": last.width, "h": last.height, "spread": max(line) - min(line)}
    samples = array.array("h", bytes(last.planes[0])[: last.samples * 4])
    return {"frames": len(frames), "rate": last.sample_rate, "peak": max(samples)}


async def watch(url, token):
    pc = RTCPeerConnection()
    for kind in ("audio", "video"):
        pc.addTransceiver(kind, direction="recvonly")
    tracks = {}
    pc.on("track", lambda track: tracks.__setitem__(track.kind, track))
    session = await knock(pc, url, token)

    frames = {kind: [] for kind in sorted(tracks)}

    async def decode(kind):
        while len(frames[kind]) < FRAMES:
            frames[kind].append(await tracks[kind].recv())

    done = asyncio.gather(*(decode(kind) for kind in frames))
    try:
        await asyncio.wait_for(done, PATIENCE)
    except asyncio.TimeoutError:
        await pc.close()  # else its threads go on
        sys.exit(f"only {[(kind, len(f)) for kind, f in frames.items()]} frames came")
    srtp = pc.getTransceivers()[0].sender.transport._rx_srtp is not None
    status, _, _ = await asyncio.get_running_loop().run_in_executor(None, call, "DELETE", session, token)
    print(json.dumps({"tracks": {kind: describe(f) for kind, f in frames.items()}, "srtp": srtp, "deleted": status}), flush=True)
    await pc.close()


if __name__ == "__main__":
    asyncio.run({"push": push, "watch": watch}[sys.argv[1]](*sys.argv[2:]))
