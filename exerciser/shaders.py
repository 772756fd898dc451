"""The shaders of the renderer, in GLSL 3.30."""

NOISE = """
float hash(vec2 p) {
    p = fract(p * vec2(0.1031, 0.1130));
    p += dot(p, p.yx + 33.33);
    return fract((p.x + p.y) * p.x);
}
float noise(vec2 p) {
    vec2 i = floor(p);
    vec2 f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x),
               mix(hash(i + vec2(0, 1)), hash(i + vec2(1, 1)), f.x), f.y);
}
"""

COMMON = """
#version 330
uniform vec3 to_light;
uniform vec3 direct;
uniform vec3 sky;
uniform vec3 ground;
uniform mat4 body_light_matrix;
uniform mat4 room_light_matrix;

vec3 ambient_light(vec3 n) {
    // The lamp's side of the room is also the brighter one to be lit from.
    return mix(ground, sky, 0.5 + 0.5 * n.z) * (0.88 + 0.12 * dot(n, to_light));
}

float open_to_light(sampler2DShadow map, mat4 light_matrix, vec3 world) {
    vec3 p = (light_matrix * vec4(world, 1.0)).xyz * 0.5 + 0.5;
    if (any(lessThan(p, vec3(0.01))) || any(greaterThan(p, vec3(0.99)))) return 1.0;
    float r = 2.6 / 512.0;
    return 0.2 * (texture(map, p)
        + texture(map, p + vec3( r,  0.4 * r, 0.0))
        + texture(map, p + vec3(-r, -0.4 * r, 0.0))
        + texture(map, p + vec3(-0.4 * r,  r, 0.0))
        + texture(map, p + vec3( 0.4 * r, -r, 0.0)));
}
"""

BODY_VERTEX = """
#version 330
uniform mat4 view_projection;
in vec3 in_position;
in vec3 in_normal;
in vec3 in_color;
in vec4 in_cloth;
out vec3 world;
out vec3 normal;
out vec3 albedo;
out vec4 cloth;
void main() {
    world = in_position;
    normal = in_normal;
    cloth = in_cloth;
    albedo = in_color * in_color;  // sRGB to nearly linear light
    gl_Position = view_projection * vec4(in_position, 1.0);
}
"""

BODY_FRAGMENT = (
    COMMON
    + NOISE
    + """
uniform vec3 eye;
uniform float exposure;
uniform sampler2DShadow room_shadow;
uniform sampler2DShadow body_shadow;
in vec3 world;
in vec3 normal;
in vec3 albedo;
in vec4 cloth;
out vec4 pixel;

float print_at(vec3 weave) {
    // Three sheets, one square to each axis, make a pattern in space; offset: see noise().
    vec3 p = weave * 45.0 + 200.0;
    return (noise(p.xy) + noise(p.yz + 57.0) + noise(p.zx + 113.0)) / 1.5 - 1.0;
}

void main() {
    vec3 n = normalize(normal);
    vec3 to_eye = normalize(eye - world);
    float facing = dot(n, to_light);
    // Cloth and skin scatter: the light wraps a little past the terminator.
    float lambert = max(0.0, (facing + 0.15) / 1.15);
    vec3 lifted = world + n * 0.02;
    float lit = min(open_to_light(room_shadow, room_light_matrix, lifted),
        open_to_light(body_shadow, body_light_matrix, lifted));
    vec3 halfway = normalize(to_light + to_eye);
    float shine = 0.10 * pow(max(0.0, dot(n, halfway)), 24.0);
    float rim = 0.10 * pow(1.0 - max(0.0, dot(n, to_eye)), 3.0);
    float low = clamp(world.z / 0.25, 0.0, 1.0);
    float shade = n.z < 0.3 ? mix(0.55, 1.0, low) : 1.0;
    vec3 dyed = albedo * (1.0 + cloth.w * print_at(cloth.xyz));
    vec3 light = dyed * (ambient_light(n) * shade + direct * lambert * lit)
        + direct * shine * lit + sky * rim * shade;
    light *= exposure;
    pixel = vec4(sqrt(light / (1.0 + 0.18 * light)), 1.0);
}
"""
)

DEPTH_VERTEX = """
#version 330
uniform mat4 view_projection;
in vec3 in_position;
void main() { gl_Position = view_projection * vec4(in_position, 1.0); }
"""

DEPTH_FRAGMENT = """
#version 330
void main() {}
"""

ROOM_VERTEX = """
#version 330
uniform mat4 view_projection;
in vec3 in_position;
in vec3 in_normal;
in vec3 in_color;
in float in_material;
out vec3 world;
out vec3 normal;
out vec3 albedo;
flat out int material;
void main() {
    world = in_position;
    normal = in_normal;
    albedo = in_color;
    material = int(in_material + 0.5);
    gl_Position = view_projection * vec4(in_position, 1.0);
}
"""

ROOM_FRAGMENT = (
    COMMON
    + NOISE
    + """
uniform sampler2DShadow room_shadow;
in vec3 world;
in vec3 normal;
in vec3 albedo;
flat in int material;
layout(location = 0) out vec4 from_lamp;
layout(location = 1) out vec4 from_room;

float rough(vec2 p) { return 0.55 * noise(p) + 0.3 * noise(p * 2.3) + 0.15 * noise(p * 5.1); }
float seam(float x, float width) {
    float f = fract(x);
    return step(width, f) * step(f, 1.0 - width);
}

void main() {
    vec3 n = normalize(normal);
    // Offset keeps the pattern's coordinates positive, where the hash behaves.
    vec2 p = (abs(n.z) > 0.7 ? world.xy : abs(n.x) > 0.7 ? world.yz : world.xz) + 40.0;
    vec3 c = albedo;
    if (material == 1) {
        float row = floor(p.y / 0.12);
        float along = p.x / 1.1 + 0.37 * row;
        float tone = hash(vec2(row, floor(along)));
        float grain = rough(vec2(p.x * 2.5, p.y * 60.0) + 17.0 * tone);
        c *= (0.80 + 0.26 * tone) * (0.84 + 0.26 * grain);
        c *= mix(0.62, 1.0, seam(p.y / 0.12, 0.018) * seam(along, 0.002));
    } else if (material == 2) {
        c *= 0.93 + 0.05 * rough(p * 1.3) + 0.04 * noise(p * 55.0);
    } else if (material == 3) {
        c *= 0.90 + 0.16 * noise(p * 90.0);
        c *= mix(0.86, 1.0, seam(p.x * 14.0, 0.06));
    } else if (material == 4) {
        c *= 0.84 + 0.14 * noise(p * 70.0) + 0.10 * rough(p * 4.0);
    } else if (material == 5) {
        c *= 0.74 + 0.26 * noise(p * 110.0) + 0.16 * rough(p * 3.0);
    } else if (material == 6) {
        c *= mix(0.88, 1.0, step(0.5, fract(p.x / 0.22))) * (0.96 + 0.05 * noise(p * 40.0));
    } else if (material == 7) {
        vec2 q = p / 0.45;
        c *= (0.90 + 0.12 * hash(floor(q))) * (0.93 + 0.09 * rough(p * 7.0));
        c = mix(vec3(0.62, 0.60, 0.57), c, seam(q.x, 0.011) * seam(q.y, 0.011));
    } else if (material == 8) {
        c *= 0.70 + 0.55 * noise(world.xz * 23.0 + world.y * 31.0 + 40.0);
    } else if (material == 9) {
        float a = rough(p * 3.1);
        float b = noise(p * 2.2 + 9.0);
        c = mix(c, mix(vec3(0.85, 0.62, 0.35), vec3(0.20, 0.38, 0.52), smoothstep(0.35, 0.65, b)),
                smoothstep(0.35, 0.6, a));
    }
    c *= c;
    if (material == 10) {
        from_lamp = vec4(0.0, 0.0, 0.0, 1.0);
        from_room = vec4(c * (sky + direct), 1.0);
        return;
    }
    // Room corners and the foot of the wall get less light from around.
    float corner = n.z > 0.7 ? 1.0 : mix(0.80, 1.0, clamp(world.z / 0.5, 0.0, 1.0));
    float lit = max(0.0, dot(n, to_light))
        * open_to_light(room_shadow, room_light_matrix, world + n * 0.015);
    from_lamp = vec4(c * direct * lit, 1.0);
    // A ceiling looks down on the whole sunlit floor: it is not as dark as a table's underside.
    vec3 ambient = n.z < -0.9 && world.z > 2.0 ? 0.9 * sky : ambient_light(n);
    from_room = vec4(c * ambient * corner, 1.0);
}
"""
)

SCREEN_VERTEX = """
#version 330
in vec2 in_position;
out vec2 uv;
void main() {
    uv = in_position * 0.5 + 0.5;
    gl_Position = vec4(in_position, 0.0, 1.0);
}
"""

SHRINK_FRAGMENT = """
#version 330
uniform sampler2D from_lamp;
uniform sampler2D from_room;
in vec2 uv;
layout(location = 0) out vec4 lamp;
layout(location = 1) out vec4 room;
void main() {
    // At twice the size, one bilinear sample in the middle averages four pixels.
    lamp = texture(from_lamp, uv);
    room = texture(from_room, uv);
}
"""

COMPOSE_FRAGMENT = (
    COMMON
    + """
uniform sampler2D from_lamp;
uniform sampler2D from_room;
uniform sampler2D room_depth;
uniform sampler2D contact;
uniform sampler2DShadow body_shadow;
uniform mat4 unproject;
uniform float exposure;
uniform float contact_half_width;
in vec2 uv;
out vec4 pixel;
void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    float depth = texelFetch(room_depth, at, 0).r;
    vec4 h = unproject * vec4(vec3(uv, depth) * 2.0 - 1.0, 1.0);
    vec3 world = h.xyz / h.w;
    float shade = 1.0;
    if (world.z < 0.05)
        shade = 1.0 - 0.75 * texture(contact, world.xy / contact_half_width * 0.5 + 0.5).r;
    float lit = depth < 1.0 ? open_to_light(body_shadow, body_light_matrix, world) : 1.0;
    vec3 light = texelFetch(from_room, at, 0).rgb * shade
        + texelFetch(from_lamp, at, 0).rgb * lit * mix(1.0, shade, 0.5);
    light *= exposure;
    pixel = vec4(sqrt(light / (1.0 + 0.18 * light)), 1.0);
    gl_FragDepth = depth;
}
"""
)
